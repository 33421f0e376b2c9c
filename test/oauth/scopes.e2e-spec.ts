import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { type Scope, ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { signInThrough } from '../support/contract-tokens.js';
import { type Answer, form, send } from '../support/http.js';
import { decode, forged } from '../support/jwt.js';
import { basicOf, bearerOf, OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import { whole } from '../support/whole.js';

const BASIC = 'Basic realm="latchkey"';
const ABOUT = { token: 'x' };

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const refusal = (status: number, error: string, error_description: string): object => ({
  status,
  body: { error, error_description },
});
const TOKEN_WRONG = refusal(401, 'invalid_token', 'This is no access token of a service client that counts now.');
const INSUFFICIENT = refusal(403, 'insufficient_scope', 'The client lacks the scope of this route.');

const ROUTES: [route: string, scope: Scope, other: Scope][] = [
  ['introspect', 'introspect', 'revoke'],
  ['revoke', 'revoke', 'introspect'],
];

describe.each(ROUTES)('POST /oauth/%s', (route, scope, other) => {
  it('lets a client pass with its scope: by Basic, in the body, and by its access token', async () => {
    const client = await OAuthClient.of(service, scope);
    const { id: client_id, secret: client_secret } = client.credentials;
    const inBody = form({ ...ABOUT, client_id, client_secret });
    expect((await client.ask(route, ABOUT)).status).toBe(200);
    expect((await send('POST', `${service.url}/oauth/${route}`, inBody)).status).toBe(200);
    expect((await client.ask(route, ABOUT, bearerOf(await client.accessToken()))).status).toBe(200);
  });

  it('refuses a client without the scope, and an access token that was issued for another', async () => {
    const narrow = await OAuthClient.of(service, other);
    const both = await OAuthClient.of(service, scope, other);
    const answers = [
      await narrow.ask(route, ABOUT),
      await narrow.ask(route, ABOUT, bearerOf(await narrow.accessToken())),
      await both.ask(route, ABOUT, bearerOf(await both.accessToken({ scope: other }))),
      await (await OAuthClient.of(service)).ask(route, ABOUT),
    ];
    for (const answer of answers) {
      expect(whole(answer)).toEqual(INSUFFICIENT);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="latchkey", error="insufficient_scope"');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it('refuses every token that is not a live access token of a client', async () => {
    const client = await OAuthClient.of(service, scope);
    const revoked = await OAuthClient.of(service, scope);
    const ofRevoked = await revoked.accessToken();
    await service.app.get(ServiceClientsService).revoke(revoked.credentials.id);
    const { access = '', refresh = '' } = await signInThrough(service, 'token-pair');
    const { opaque = '' } = await signInThrough(service, 'opaque-token');
    for (const token of [ofRevoked, forged(await client.accessToken()), access, refresh, opaque, 'x']) {
      const answer = await client.ask(route, ABOUT, bearerOf(token));
      expect(whole(answer)).toEqual(TOKEN_WRONG);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="latchkey", error="invalid_token"');
    }
  });

  it('refuses a caller that nobody knows, and one that says nothing', async () => {
    const client = await OAuthClient.of(service, scope);
    const wrong = await client.ask(route, ABOUT, basicOf({ ...client.credentials, secret: 'wrong' }));
    const nobody = await send('POST', `${service.url}/oauth/${route}`, form(ABOUT));
    expect([whole(wrong), whole(nobody)]).toEqual([
      refusal(401, 'invalid_client', 'The client is unknown or revoked, or its secret is wrong.'),
      refusal(401, 'invalid_client', 'The client must authenticate.'),
    ]);
    expect([wrong, nobody].map(({ headers }) => headers['www-authenticate'])).toEqual([BASIC, BASIC]);
  });

  it('refuses a caller that authenticates twice, and a body that is no form', async () => {
    const client = await OAuthClient.of(service, scope);
    const twice = await client.ask(route, { ...ABOUT, client_secret: 'x' }, bearerOf(await client.accessToken()));
    const json = await send('POST', `${service.url}/oauth/${route}`, {
      body: ABOUT,
      headers: { ...basicOf(client.credentials), 'content-type': 'application/json' },
    });
    expect([whole(twice), whole(json)]).toEqual([
      refusal(400, 'invalid_request', 'The client must authenticate in one way only.'),
      refusal(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded in UTF-8.'),
    ]);
  });

  it('records the refusals of clients that exist, those alike as one with a count', async () => {
    const narrow = await OAuthClient.of(service, other);
    const { id } = narrow.credentials;
    await narrow.ask(route, ABOUT);
    await narrow.ask(route, ABOUT);
    await narrow.ask(route, ABOUT, basicOf({ id, secret: 'wrong' }));
    service.advance(300);
    await service.app.get(AuditLog).flush();
    const events = service.app.get(DataSource).getRepository(AuditEvent);
    const recorded = await events.find({ where: { actor: id }, order: { id: 'ASC' } });
    expect(
      recorded.map(({ kind, refusal: code, identifierHash, count }) => [kind, code, identifierHash, count]),
    ).toEqual([
      ['client_refused', 'scope_insufficient', null, 1],
      ['client_refused', 'client_wrong', null, 1],
      ['client_refused', 'scope_insufficient', null, 1],
    ]);
  });

  it('refuses an access token of a client once it has expired', async () => {
    const client = await OAuthClient.of(service, scope);
    const token = await client.accessToken();
    const { iat, exp } = decode(token).claims as { iat: number; exp: number };
    const ask = (): Promise<Answer> => client.ask(route, ABOUT, bearerOf(token));
    expect(exp - iat).toBe(15 * 60);
    expect((await atTime(service, exp * 1000 - 1, ask)).status).toBe(200);
    expect(whole(await atTime(service, exp * 1000, ask))).toEqual(TOKEN_WRONG);
  });
});
