import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { SessionActivity } from '../../src/auth/sessions/session-activity.js';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { Session } from '../../src/tokens/session.entity.js';
import { basic } from '../drivers/basic.driver.js';
import { accountOf, deactivate } from '../support/accounts.js';
import { type ContractTokens, JWT_CONTRACTS, registerPending, signInThrough } from '../support/contract-tokens.js';
import { nonCanonical } from '../support/forge.js';
import { algNone, decode, forged, signedByStranger } from '../support/jwt.js';
import { bearerOf, OAuthClient } from '../support/oauth.client.js';
import { PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { atOneTime, recordStatements } from '../support/statements.js';
import { whole } from '../support/whole.js';

const ISSUER = 'http://latchkey.test';
const INACTIVE = { active: false };

let service: Service;
let client: OAuthClient;

beforeAll(async () => {
  service = await startService({ REFRESH_GRACE: '30s' });
  client = await OAuthClient.of(service, 'introspect', 'introspect:refresh');
});
afterAll(() => service.stop());

const TEXT = expect.any(String) as string;
const NUMBER = expect.any(Number) as number;
const active = (id: number, client_id: string, rest: object): object => ({
  active: true,
  iss: ISSUER,
  sub: String(id),
  client_id,
  iat: NUMBER,
  exp: NUMBER,
  sid: TEXT,
  ...rest,
});

/** The id of a JWT’s account. */
function idOf(token: string): number {
  return Number(decode(token).claims.sub);
}

describe('POST /oauth/introspect', () => {
  it.each(JWT_CONTRACTS)('tells what an access token of %s says', async (contract) => {
    const { access = '', person } = await signInThrough(service, contract);
    const { claims } = decode(access);
    const { iat, exp, jti, sid } = claims;
    expect(await client.introspect(access)).toEqual(
      active(idOf(access), contract, {
        token_type: 'Bearer',
        aud: ISSUER,
        iat,
        exp,
        jti,
        sid,
        username: contract === 'basic' ? person.email : person.username,
      }),
    );
  });

  it('reads nothing of the store for an access token but the client that asks, once a second', async () => {
    const { access = '' } = await signInThrough(service, 'token-pair');
    // The mail that greets a person is written behind the answer.
    await service.app.get(MailDelivery).settled();
    service.advance(1);
    const statements = recordStatements(service);
    await atOneTime(service, async () => {
      for (let times = 0; times < 3; times++) await client.introspect(access);
    });
    const reads = statements.filter((statement) => statement.startsWith('SELECT'));
    expect(reads).toEqual([expect.stringContaining('service_clients')]);
  });

  it('tells what a refresh token of token-pair says, and that it is one', async () => {
    const { refresh = '', person } = await signInThrough(service, 'token-pair');
    const { iat, exp, jti, sid } = decode(refresh).claims;
    expect(await client.introspect(refresh)).toEqual(
      active((await accountOf(service, person)).id, 'token-pair', {
        token_type: 'refresh_token',
        iat,
        exp,
        jti,
        sid,
        username: person.username,
      }),
    );
  });

  it('tells what a refresh token of basic says, whose account has its address for a username', async () => {
    const { refresh = '', person } = await signInThrough(service, 'basic');
    const { jti, sid } = decode(refresh).claims;
    expect(await client.introspect(refresh)).toEqual(
      active(idOf(refresh), 'basic', { token_type: 'refresh_token', jti, sid, username: person.email }),
    );
  });

  it('tells whose an opaque token is, and how long it lives unused', async () => {
    const { opaque = '', person } = await signInThrough(service, 'opaque-token');
    const answer = (await client.introspect(opaque)) as { iat: number; exp: number };
    expect(answer).toEqual(
      active((await accountOf(service, person)).id, 'opaque-token', {
        token_type: 'Bearer',
        aud: ISSUER,
        username: person.username,
      }),
    );
    expect(answer.exp - answer.iat).toBe(30 * 86_400);
  });

  it('tells what a client’s token says, its own and another’s, until the client is revoked', async () => {
    const other = await OAuthClient.of(service, 'revoke');
    const { id } = other.credentials;
    const token = await other.accessToken();
    const { iat, exp, jti } = decode(token).claims;
    expect(await client.introspect(token)).toEqual({
      active: true,
      token_type: 'Bearer',
      token_use: 'client',
      iss: ISSUER,
      aud: ISSUER,
      sub: id,
      client_id: id,
      scope: 'revoke',
      iat,
      exp,
      jti,
    });
    await service.app.get(ServiceClientsService).revoke(id);
    expect(await client.introspect(token)).toEqual(INACTIVE);
  });

  it.each(['access_token', 'refresh_token', 'nonsense', ''])('answers alike with the hint "%s"', async (hint) => {
    const { access = '', refresh = '' } = await signInThrough(service, 'token-pair');
    for (const token of [access, refresh])
      expect((await client.ask('introspect', { token, token_type_hint: hint })).json).toEqual(
        await client.introspect(token),
      );
  });

  it('overlooks white space around a token', async () => {
    const { access = '' } = await signInThrough(service, 'token-pair');
    const { opaque = '' } = await signInThrough(service, 'opaque-token');
    for (const token of [access, opaque])
      for (const sent of [`${token}\n`, ` ${token}`, `\t${token} \r\n`])
        expect(await client.introspect(sent)).toEqual(await client.introspect(token));
  });

  it('says no more than inactive of what is not a token of ours', async () => {
    const { access = '', refresh = '' } = await signInThrough(service, 'token-pair');
    const { opaque = '' } = await signInThrough(service, 'opaque-token');
    const spoilt = [access, refresh].flatMap((token) => [
      forged(token),
      algNone(token),
      signedByStranger(token),
      nonCanonical(token),
      `${token} x`,
      token.slice(0, -1),
    ]);
    const others = [
      opaque.slice(1),
      `${opaque.startsWith('A') ? 'B' : 'A'}${opaque.slice(1)}`,
      'x',
      '.',
      '..',
      '\u0000',
      'é'.repeat(50),
      'x'.repeat(50_000),
    ];
    for (const token of [...spoilt, ...others]) {
      const answer = await client.ask('introspect', { token });
      expect([answer.status, answer.text]).toEqual([200, '{"active":false}']);
    }
  });

  it('calls every token of a pending account inactive, and its refresh token active once it is verified', async () => {
    const pending = await registerPending(service);
    expect(await client.introspect(pending.access)).toEqual(INACTIVE);
    expect(await client.introspect(pending.refresh)).toEqual(INACTIVE);
    await basic.activate?.(service, pending.person);
    expect(await client.introspect(pending.access)).toEqual(INACTIVE);
    expect(await client.introspect(pending.refresh)).toMatchObject({ active: true });
  });

  const ENDS: [string, (tokens: ContractTokens) => Promise<unknown>][] = [
    ['its account is deactivated', async ({ person }) => deactivate(service, person)],
    [
      'all sessions of its account are ended',
      async ({ person }) => service.app.get(RevocationService).clearTokens((await accountOf(service, person)).id),
    ],
    [
      'its account is deleted',
      async ({ person }) => service.app.get(RevocationService).deleteAccount((await accountOf(service, person)).id),
    ],
  ];
  it.each(ENDS)('calls every token inactive once %s', async (_when, end) => {
    for (const contract of ['bare-token', 'token-pair', 'cookie', 'opaque-token']) {
      const tokens = await signInThrough(service, contract);
      const all = [tokens.access, tokens.refresh, tokens.opaque].filter((token) => token !== undefined);
      for (const token of all) expect(await client.introspect(token)).toMatchObject({ active: true });
      await end(tokens);
      for (const token of all) expect(await client.introspect(token)).toEqual(INACTIVE);
    }
  });

  it('calls an older refresh token inactive, also within the grace time, and raises no alarm', async () => {
    const pairs = new PairClient(service.url);
    const { pair } = await pairs.newcomer();
    const { refresh: next } = (await pairs.refresh(pair.refresh)).json as { refresh: string };

    expect(await client.introspect(pair.refresh)).toEqual(INACTIVE);
    service.advance(31);
    expect(await client.introspect(pair.refresh)).toEqual(INACTIVE);
    expect(await client.introspect(next)).toMatchObject({ active: true });
    expect((await pairs.refresh(next)).status).toBe(200);
  });

  it('changes nothing: no session is extended or seen, no token used up, nothing recorded', async () => {
    const sessions = service.app.get(DataSource).getRepository(Session);
    const events = service.app.get(DataSource).getRepository(AuditEvent);
    const tokens = await Promise.all(
      ['token-pair', 'opaque-token', 'cookie'].map((name) => signInThrough(service, name)),
    );
    const state = async (): Promise<object[]> => {
      await service.app.get(SessionActivity).flush();
      await service.app.get(AuditLog).flush();
      return [await sessions.find({ order: { id: 'ASC' } }), await events.find({ order: { id: 'ASC' } })];
    };
    const before = await state();
    service.advance(3600);
    for (const { access, refresh, opaque } of tokens)
      for (const token of [access, refresh, opaque]) if (token) await client.introspect(token);
    expect(await state()).toEqual(before);
  });

  it('lets a client ask with its own access token', async () => {
    const { refresh: token = '' } = await signInThrough(service, 'basic');
    const headers = bearerOf(await client.accessToken());
    expect((await client.ask('introspect', { token }, headers)).json).toMatchObject({
      active: true,
      client_id: 'basic',
    });
  });

  it('does not let an answer be kept', async () => {
    const { headers } = await client.ask('introspect', { token: 'x' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' });
  });

  it('refuses a request without a token', async () => {
    const expected = {
      status: 400,
      body: { error: 'invalid_request', error_description: 'The parameter token is missing.' },
    };
    expect(whole(await client.ask('introspect', {}))).toEqual({
      status: 400,
      body: expect.objectContaining({ error: 'invalid_request' }) as object,
    });
    expect(whole(await client.ask('introspect', { token: '' }))).toEqual(expected);
    expect(whole(await client.ask('introspect', { token_type_hint: 'access_token' }))).toEqual(expected);
  });
});
