import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { Session } from '../../src/tokens/session.entity.js';
import { basic } from '../drivers/basic.driver.js';
import { accountOf } from '../support/accounts.js';
import {
  type ContractTokens,
  JWT_CONTRACTS,
  opens,
  registerPending,
  signInThrough,
} from '../support/contract-tokens.js';
import type { Answer } from '../support/http.js';
import { decode, forged } from '../support/jwt.js';
import { OAuthClient } from '../support/oauth.client.js';
import { IN_BODY, PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const INACTIVE = { active: false };

let service: Service;
let client: OAuthClient;
let pairs: PairClient;

beforeAll(async () => {
  service = await startService();
  client = await OAuthClient.of(service, 'introspect', 'introspect:refresh', 'revoke');
  pairs = new PairClient(service.url);
});
afterAll(() => service.stop());

/** Status and text: success has no body. */
const plain = ({ status, text }: Answer): [number, string] => [status, text];

const KINDS: [string, 'access' | 'refresh' | 'opaque'][] = [
  ...JWT_CONTRACTS.map((contract): [string, 'access'] => [contract, 'access']),
  ['token-pair', 'refresh'],
  ['basic', 'refresh'],
  ['opaque-token', 'opaque'],
];

describe('POST /oauth/revoke', () => {
  it.each(KINDS)('ends the session of %s at once by its %s token, and says nothing', async (contract, kind) => {
    const tokens = await signInThrough(service, contract);
    const all = [tokens.access, tokens.refresh, tokens.opaque].filter((token) => token !== undefined);
    for (const token of all) expect(await client.introspect(token)).toMatchObject({ active: true });

    expect(plain(await client.revoke(tokens[kind] ?? ''))).toEqual([200, '']);

    for (const token of all) expect(await client.introspect(token)).toEqual(INACTIVE);
    expect(await opens(service, contract, guardedToken(tokens))).toBe(false);
  });

  it('ends that session alone, for good, as signed out', async () => {
    const { person, pair } = await pairs.newcomer();
    const other = await pairs.session(person);
    await client.revoke(pair.access);

    expect(whole(await pairs.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);
    expect((await pairs.getUser(other.access)).status).toBe(200);
    const { sid } = decode(pair.access).claims;
    expect(
      await service.app
        .get(DataSource)
        .getRepository(Session)
        .findOneBy({ id: sid as string }),
    ).toMatchObject({
      revokedBecause: 'signed_out',
    });
  });

  it('ends a session by a refresh token that was exchanged, which the grace time still accepts', async () => {
    const { pair } = await pairs.newcomer();
    const next = (await pairs.refresh(pair.refresh)).json as { refresh: string };
    expect(plain(await client.revoke(pair.refresh))).toEqual([200, '']);
    expect(await client.introspect(next.refresh)).toEqual(INACTIVE);
    expect(whole(await pairs.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);
  });

  it('ends the session of a pending account, whose refresh token would count once it is verified', async () => {
    const pending = await registerPending(service);
    expect(plain(await client.revoke(pending.refresh))).toEqual([200, '']);
    await basic.activate?.(service, pending.person);
    expect(await client.introspect(pending.refresh)).toEqual(INACTIVE);
  });

  it.each(['access_token', 'refresh_token', 'nonsense'])('does the same with the hint "%s"', async (hint) => {
    const { pair } = await pairs.newcomer();
    expect(plain(await client.ask('revoke', { token: pair.refresh, token_type_hint: hint }))).toEqual([200, '']);
    expect(await client.introspect(pair.access)).toEqual(INACTIVE);
  });

  it('answers alike to what is no token of ours, and ends nothing', async () => {
    const { pair } = await pairs.newcomer();
    for (const token of [forged(pair.access), forged(pair.refresh), 'A'.repeat(43), 'x', '\u0000', 'x'.repeat(50_000)])
      expect(plain(await client.revoke(token))).toEqual([200, '']);
    expect(await client.introspect(pair.access)).toMatchObject({ active: true });
  });

  it('answers alike to a token that was revoked before', async () => {
    const { pair } = await pairs.newcomer();
    expect(plain(await client.revoke(pair.access))).toEqual([200, '']);
    expect(plain(await client.revoke(pair.access))).toEqual([200, '']);
  });

  it('refuses the tokens of service clients, which go with the client alone', async () => {
    const token = await client.accessToken();
    expect(whole(await client.revoke(token))).toEqual({
      status: 400,
      body: {
        error: 'unsupported_token_type',
        error_description: 'The tokens of service clients cannot be revoked.',
      },
    });
    expect(await client.introspect(token)).toMatchObject({ active: true });
  });

  it('refuses a request without a token', async () => {
    expect(whole(await client.ask('revoke', { token_type_hint: 'access_token' }))).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: 'The parameter token is missing.' },
    });
  });

  it('records who ended whose session, once', async () => {
    const { person, pair } = await pairs.newcomer();
    await client.revoke(pair.access);
    await client.revoke(pair.access);
    const { id: accountId } = await accountOf(service, person);
    await service.app.get(AuditLog).flush();
    const events = service.app.get(DataSource).getRepository(AuditEvent);
    expect(await events.findBy({ kind: 'token_revoked', accountId })).toEqual([
      expect.objectContaining({
        actor: client.credentials.id,
        actorId: null,
        door: 'oauth',
        refusal: null,
        sessionId: decode(pair.access).claims.sid,
        ip: '127.0.0.1',
      }),
    ]);
  });

  it('does nothing with a token that has expired', async () => {
    const { pair } = await pairs.newcomer();
    service.advance(60 * 60 + 1);
    expect(plain(await client.revoke(pair.access))).toEqual([200, '']);
    expect(await client.introspect(pair.refresh)).toMatchObject({ active: true });
  });
});

/** The token that the guarded route of the driver asks for; that of basic is the refresh. */
function guardedToken({ contract, access, refresh, opaque }: ContractTokens): string {
  return (contract === 'basic' ? refresh : (opaque ?? access)) as string;
}
