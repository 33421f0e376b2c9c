import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { DataSource } from 'typeorm';
import { form, send, type Sending } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { basicOf, bearerOf, OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const ISSUER = 'http://latchkey.test';
const GRANT = { grant_type: 'client_credentials' };

let service: Service;
let client: OAuthClient;

beforeAll(async () => {
  service = await startService();
  client = await OAuthClient.of(service, 'introspect', 'revoke');
});
afterAll(() => service.stop());

const refusal = (status: number, error: string, error_description: string): object => ({
  status,
  body: { error, error_description },
});
const CLIENT_WRONG = refusal(401, 'invalid_client', 'The client is unknown or revoked, or its secret is wrong.');
const CLIENT_MISSING = refusal(401, 'invalid_client', 'The client must authenticate.');
const FORM_REQUIRED = refusal(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded in UTF-8.');
const REPEATED = refusal(400, 'invalid_request', 'A parameter is sent more than once.');
const AMBIGUOUS = refusal(400, 'invalid_request', 'The client must authenticate in one way only.');
const SCOPE_INVALID = refusal(400, 'invalid_scope', 'A scope is unknown, or not granted to the client.');
const GRANT_UNSUPPORTED = refusal(400, 'unsupported_grant_type', 'The grant type must be client_credentials.');
const GRANT_MISSING = refusal(400, 'invalid_request', 'The parameter grant_type is missing.');

const issued = (scope?: string): object => ({
  status: 200,
  body: {
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
    token_type: 'Bearer',
    expires_in: 900,
    ...(scope !== undefined && { scope }),
  },
});

/** Sends a body as it is, with the client's Basic header unless others are given. */
const raw = (body: string, headers: Sending['headers'] = basicOf(client.credentials)): ReturnType<typeof send> =>
  send('POST', `${service.url}/oauth/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });

describe('POST /oauth/token', () => {
  it('answers a client by Basic a token for all of its scopes, which nobody may keep', async () => {
    const answer = await client.token();
    expect(whole(answer)).toEqual(issued('introspect revoke'));
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
  });

  it('issues access tokens of RFC 9068 that name the client and nobody’s account', async () => {
    const { header, claims } = decode(await client.accessToken({ scope: 'revoke' }));
    const { id } = client.credentials;
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) as string });
    expect(claims).toEqual({
      iss: ISSUER,
      aud: ISSUER,
      sub: id,
      client_id: id,
      token_use: 'client',
      scope: 'revoke',
      jti: expect.any(String) as string,
      iat: expect.any(Number) as number,
      exp: (claims.iat as number) + 900,
    });
  });

  it('lets tokens live as long as configured', async () => {
    const other = await startService({ CLIENT_TOKEN_TTL: '2m' });
    const answer = (await (await OAuthClient.of(other, 'revoke')).token()).json as { access_token: string };
    const { iat, exp } = decode(answer.access_token).claims as { iat: number; exp: number };
    await other.stop();
    expect([exp - iat, answer]).toEqual([120, expect.objectContaining({ expires_in: 120 })]);
  });

  it('takes the id and the secret in the body as well', async () => {
    const { id: client_id, secret: client_secret } = client.credentials;
    expect(whole(await raw(new URLSearchParams({ ...GRANT, client_id, client_secret }).toString(), {}))).toEqual(
      issued('introspect revoke'),
    );
  });

  it('takes a client_id beside Basic that is the same', async () => {
    expect(whole(await client.token({ client_id: client.credentials.id }))).toEqual(issued('introspect revoke'));
  });

  it('decodes what was urlencoded before it became Basic, and takes it plain', async () => {
    const escaped = (text: string): string =>
      text.replace(/./g, (character) => `%${character.charCodeAt(0).toString(16)}`);
    const { id, secret } = client.credentials;
    expect(
      (await raw('grant_type=client_credentials', basicOf({ id: escaped(id), secret: escaped(secret) }))).status,
    ).toBe(200);
  });

  it.each([
    ['revoke', 'revoke'],
    ['revoke introspect', 'revoke introspect'],
    ['revoke revoke', 'revoke'],
    ['', 'introspect revoke'],
  ])('grants the scopes "%s" as "%s"', async (wanted, granted) => {
    expect(whole(await client.token({ scope: wanted }))).toEqual(issued(granted));
  });

  it.each(['admin', 'introspect admin', 'introspect  revoke', ' ', 'Introspect', '\u0000', '__proto__'])(
    'refuses the scope %j',
    async (scope) => {
      expect(whole(await client.token({ scope }))).toEqual(SCOPE_INVALID);
    },
  );

  it('refuses a scope that exists and that the client was not granted', async () => {
    const narrow = await OAuthClient.of(service, 'introspect');
    expect(whole(await narrow.token({ scope: 'revoke' }))).toEqual(SCOPE_INVALID);
    expect(whole(await narrow.token())).toEqual(issued('introspect'));
  });

  it('gives a client without scopes a token without any', async () => {
    const humble = await OAuthClient.of(service);
    expect(whole(await humble.token())).toEqual(issued());
    expect(decode(await humble.accessToken()).claims).not.toHaveProperty('scope');
    expect(whole(await humble.token({ scope: 'introspect' }))).toEqual(SCOPE_INVALID);
  });

  it.each([
    ['no grant type', '', GRANT_MISSING],
    ['an empty grant type', 'grant_type=', GRANT_MISSING],
    ['another grant type', 'grant_type=password', GRANT_UNSUPPORTED],
    ['a grant type that objects have', 'grant_type=__proto__', GRANT_UNSUPPORTED],
    ['a repeated parameter', 'grant_type=client_credentials&grant_type=client_credentials', REPEATED],
    ['a repeated parameter that means nothing', 'grant_type=client_credentials&a=1&a=2', REPEATED],
    ['bytes that are not UTF-8', 'grant_type=client_credentials&scope=%ff', FORM_REQUIRED],
  ])('refuses %s', async (_what, body, expected) => {
    expect(whole(await raw(`${body}&b=1`))).toEqual(expected);
  });

  it('ignores parameters that it does not know, and those without a value', async () => {
    expect(whole(await raw('grant_type=client_credentials&scope=&scope=revoke&resource=x'))).toEqual(issued('revoke'));
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }, JSON.stringify(GRANT)],
    ['a form labelled as text', { 'content-type': 'text/plain' }, 'grant_type=client_credentials'],
    ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--'],
  ])('refuses %s in place of a form', async (_what, headers, body) => {
    expect(whole(await raw(body, { ...basicOf(client.credentials), ...headers }))).toEqual(FORM_REQUIRED);
  });

  it('says of an empty form which parameter is missing', async () => {
    const headers = { ...basicOf(client.credentials), 'content-type': 'application/x-www-form-urlencoded' };
    const missing = { error: 'invalid_request', error_description: 'The parameter grant_type is missing.' };
    expect(whole(await raw('', headers))).toEqual({ status: 400, body: missing });
  });

  it('takes a form whose media type has parameters, in any case of letters', async () => {
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded ; charset=UTF-8' };
    const body = 'grant_type=client_credentials';
    expect((await raw(body, { ...basicOf(client.credentials), ...headers })).status).toBe(200);
  });

  it('refuses a client that authenticates twice, or as two', async () => {
    const { id, secret } = client.credentials;
    expect(whole(await client.token({ client_id: id, client_secret: secret }))).toEqual(AMBIGUOUS);
    expect(whole(await client.token({ client_secret: secret }))).toEqual(AMBIGUOUS);
    expect(whole(await client.token({ client_id: 'svc_other' }))).toEqual(AMBIGUOUS);
  });

  it('refuses unknown clients, wrong secrets and revoked clients alike, and says how to authenticate', async () => {
    const revoked = await OAuthClient.of(service, 'introspect');
    await service.app.get(ServiceClientsService).revoke(revoked.credentials.id);
    const { id, secret } = client.credentials;
    const wrong = [
      revoked.credentials,
      { id, secret: `${secret}x` },
      { id, secret: secret.toUpperCase() },
      { id: id.toUpperCase(), secret },
      { id: `svc_${'0'.repeat(24)}`, secret },
      { id: 'somebody', secret },
      { id: 'some\u0000body', secret },
      { id: '%ff', secret },
      { id: '', secret },
      { id, secret: '' },
    ];
    for (const credentials of wrong) {
      const answer = await raw('grant_type=client_credentials', basicOf(credentials));
      expect(whole(answer)).toEqual(CLIENT_WRONG);
      expect(answer.headers).toMatchObject({
        'www-authenticate': 'Basic realm="latchkey"',
        'cache-control': 'no-store',
        'content-type': 'application/json; charset=utf-8',
      });
    }
    const posted = form({ ...GRANT, client_id: id, client_secret: 'x' });
    expect(whole(await send('POST', `${service.url}/oauth/token`, posted))).toEqual(CLIENT_WRONG);
  });

  it('refuses a request without a whole client', async () => {
    const { id: client_id, secret: client_secret } = client.credentials;
    const partial: Record<string, string>[] = [{}, { client_id }, { client_secret }, { client_id, client_secret: '' }];
    for (const fields of partial) {
      const answer = await send('POST', `${service.url}/oauth/token`, form({ ...GRANT, ...fields }));
      expect(whole(answer)).toEqual(CLIENT_MISSING);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="latchkey"');
    }
  });

  it('refuses every other scheme, an access token of the client included', async () => {
    for (const headers of [
      bearerOf(await client.accessToken()),
      { authorization: 'Basic' },
      { authorization: 'Digest x' },
    ])
      expect(whole(await client.ask('token', GRANT, headers))).toEqual(CLIENT_WRONG);
  });

  it('knows no other method, and answers errors of every kind in its own shape', async () => {
    const wrongMethod = await send('GET', `${service.url}/oauth/token`);
    expect([whole(wrongMethod), wrongMethod.headers.allow]).toEqual([
      refusal(405, 'invalid_request', 'The route does not know this method.'),
      'POST',
    ]);
    expect(whole(await send('POST', `${service.url}/oauth/tokens`))).toEqual(
      refusal(404, 'invalid_request', 'There is no such route.'),
    );
    expect(whole(await raw('x'.repeat(100_001)))).toEqual(refusal(413, 'invalid_request', 'The body is too large.'));
  });
});

describe('the audit trail of POST /oauth/token', () => {
  it('names the client of an issued token, and of a wrong secret, and hashes an unknown name', async () => {
    const own = await startService();
    const known = await OAuthClient.of(own, 'introspect');
    const { id } = known.credentials;
    await known.token({ scope: 'introspect' });
    await known.token({ scope: 'revoke' });
    for (let count = 0; count < 3; count++) await known.ask('token', GRANT, basicOf({ id, secret: 'wrong' }));
    await known.ask('token', GRANT, basicOf({ id: 'nobody', secret: 'wrong' }));
    await own.app.get(AuditLog).flush();
    const events = await own.app
      .get(DataSource)
      .getRepository(AuditEvent)
      .find({ where: { door: 'oauth' }, order: { id: 'ASC' } });
    await own.stop();
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(
      events.map(({ kind, door, refusal: code, actor, identifierHash, detail }) => [
        kind,
        door,
        code,
        actor,
        identifierHash,
        detail,
      ]),
    ).toEqual([
      ['client_token_issued', 'oauth', null, id, null, '{"scope":"introspect"}'],
      ['client_token_issued', 'oauth', 'scope_invalid', id, null, null],
      ['client_token_issued', 'oauth', 'client_wrong', id, null, null],
      ['client_token_issued', 'oauth', 'client_wrong', null, hash, null],
    ]);
  });
});
