import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { BareTokenClient } from '../support/bare-token.client.js';
import {
  BasicClient,
  MOUNTS,
  outcome,
  refreshed,
  refusedToken,
  type Tokens,
  tokensOf,
  UNVERIFIED,
} from '../support/basic.client.js';
import { type Answer, form, send } from '../support/http.js';
import { algNone, decode, forged, signedByStranger, signedWithSecret } from '../support/jwt.js';
import { confirm } from '../support/outbox.js';
import type { Person } from '../support/people.js';
import { ProbeModule } from '../support/probe.module.js';
import { type Service, startService } from '../support/service.js';
import { TokenPairClient } from '../support/token-pair.client.js';

const DAY = 86_400;
const MISSING = refusedToken(401, 'Missing Authorization Header');
const BAD_HEADER = refusedToken(422, "Bad Authorization header. Expected 'Bearer <JWT>'");
const NO_JWT = refusedToken(422, 'Not enough segments');
const BAD_SIGNATURE = refusedToken(422, 'Signature verification failed');
const EXPIRED = refusedToken(401, 'Token has expired');
const REVOKED = refusedToken(401, 'Token has been revoked');
const WRONG_TYPE = refusedToken(422, 'Only refresh tokens can access this endpoint');

/** The access token of a refresh. */
function accessTokenOf({ json }: Answer): string {
  return (json as { access_token: string }).access_token;
}

/** What a token says of its life: how long it is, and the claims that bear on whether it opens anything. */
function lifeOf(token: string): { seconds: number; aud: unknown; accountId: number } {
  const { iat, exp, aud, sub } = decode(token).claims as { iat: number; exp: number; aud?: string; sub: string };
  return { seconds: exp - iat, aud, accountId: Number(sub) };
}

let service: Service;

beforeAll(async () => {
  service = await startService({}, { further: [ProbeModule] });
});

afterAll(() => service.stop());

describe.each(MOUNTS)('POST /api/v1.0/refresh at $mount', ({ base }) => {
  let client: BasicClient;

  beforeAll(() => {
    client = new BasicClient(service.url + base);
  });

  /** Somebody who verified the address, signed in. */
  async function owner(): Promise<{ person: Person; tokens: Tokens; accountId: number }> {
    const { person } = await client.newcomer();
    await confirm(service, person.email);
    const tokens = tokensOf(await client.login(person));
    return { person, tokens, accountId: lifeOf(tokens.access_token).accountId };
  }

  it('answers a fresh access token and the e-mail, and no refresh token', async () => {
    const { person, tokens } = await owner();

    const answer = await client.refresh(tokens.refresh_token);

    expect(outcome(answer)).toEqual(refreshed(person.email));
    expect(accessTokenOf(answer)).not.toBe(tokens.access_token);
    expect(lifeOf(accessTokenOf(answer))).toMatchObject({ seconds: 15 * 60, aud: service.config.PUBLIC_URL });
  });

  it('takes one refresh token any number of times, at once and one after the other', async () => {
    const { person, tokens } = await owner();

    const atOnce = await Promise.all(Array.from({ length: 20 }, () => client.refresh(tokens.refresh_token)));
    service.advance(DAY);
    const later = await client.refresh(tokens.refresh_token);

    for (const answer of [...atOnce, later]) expect(outcome(answer)).toEqual(refreshed(person.email));
    expect(new Set(atOnce.map(accessTokenOf)).size).toBe(20);
  });

  it.each(['bearer', 'BEARER'])('takes the scheme %s', async (scheme) => {
    const { person, tokens } = await owner();

    expect(outcome(await client.refreshBy(`${scheme} ${tokens.refresh_token}`))).toEqual(refreshed(person.email));
  });

  it('does not look at a body', async () => {
    const { person, tokens } = await owner();
    const { body, headers } = form({ refresh_token: 'nonsense' });

    const answer = await client.send('POST', '/api/v1.0/refresh', {
      body,
      headers: { ...headers, authorization: `Bearer ${tokens.refresh_token}` },
    });

    expect(outcome(answer)).toEqual(refreshed(person.email));
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
  ])('answers 401 to %s', async (_what, authorization) => {
    expect(outcome(await client.refreshBy(authorization))).toEqual(MISSING);
  });

  it.each([
    ['another scheme', (token: string) => `Basic ${token}`],
    ['a token without a scheme', (token: string) => token],
    ['a scheme without a token', () => 'Bearer'],
    ['something behind the token', (token: string) => `Bearer ${token} more`],
    ['a scheme that only begins so', (token: string) => `Bearers ${token}`],
  ])('answers 422 to %s', async (_what, header) => {
    const { tokens } = await owner();

    expect(outcome(await client.refreshBy(header(tokens.refresh_token)))).toEqual(BAD_HEADER);
  });

  it.each(['abc', 'a.b', 'a.b.c', 'a.b.c.d', 'bm8.bm8.bm8', '<refresh_token>', 'x'.repeat(5000)])(
    'answers 422 to %s, which is no JWT',
    async (text) => {
      expect(outcome(await client.refresh(text))).toEqual(NO_JWT);
    },
  );

  it.each([
    ['another signature', forged],
    ['no signature', algNone],
    ["a stranger's signature", signedByStranger],
    ['a signature under a guessed secret', (token: string) => signedWithSecret(token, 'secret')],
  ])('answers 422 to a refresh token with %s', async (_what, forge) => {
    const { tokens } = await owner();

    expect(outcome(await client.refresh(forge(tokens.refresh_token)))).toEqual(BAD_SIGNATURE);
  });

  it("answers 422 to another contract's tokens, of either kind", async () => {
    const { access, refresh } = await new TokenPairClient(service.url, '/token-pair').newcomer();
    const { authToken } = await new BareTokenClient(`${service.url}/bare-token`).newcomer();

    for (const token of [refresh, access, authToken])
      expect(outcome(await client.refresh(token))).toEqual(BAD_SIGNATURE);
  });

  it('answers 422 to an access token, even to one that has expired', async () => {
    const { tokens } = await owner();

    expect(outcome(await client.refresh(tokens.access_token))).toEqual(WRONG_TYPE);
    service.advance(15 * 60);
    expect(outcome(await client.refresh(tokens.access_token))).toEqual(WRONG_TYPE);
  });

  it('answers 422 to a forged access token as to any forgery', async () => {
    const { tokens } = await owner();

    expect(outcome(await client.refresh(forged(tokens.access_token)))).toEqual(BAD_SIGNATURE);
  });

  it('answers 401 once the refresh token is 30 days old', async () => {
    const { person, tokens } = await owner();

    service.advance(30 * DAY - 60);
    const lastAnswer = await client.refresh(tokens.refresh_token);
    expect(outcome(lastAnswer)).toEqual(refreshed(person.email));
    expect(lifeOf(accessTokenOf(lastAnswer)).seconds).toBeLessThanOrEqual(60);
    service.advance(60);
    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(EXPIRED);
  });

  it.each(['clearTokens', 'deactivate', 'deleteAccount'] as const)('answers 401 after %s', async (act) => {
    const { tokens, accountId } = await owner();

    await service.app.get(RevocationService)[act](accountId);

    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(REVOKED);
  });

  it('answers 403 while the address is not verified', async () => {
    const { tokens } = await client.newcomer();

    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(UNVERIFIED);
  });

  it("lets registration's refresh token work after the verification, and its access token never", async () => {
    const { person, tokens } = await client.newcomer();
    const probe = async (token: string): Promise<object> => {
      const { status, json } = await send('GET', `${service.url}/probe`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return { status, body: json };
    };
    const unverified = {
      status: 401,
      body: {
        type: 'about:blank',
        title: 'The token was issued before its account was verified.',
        status: 401,
        code: 'token_unverified',
      },
    };

    expect(lifeOf(tokens.access_token).aud).toBe('urn:latchkey:unverified');
    expect(await probe(tokens.access_token)).toEqual(unverified);

    await confirm(service, person.email);
    const answer = await client.refresh(tokens.refresh_token);

    expect(outcome(answer)).toEqual(refreshed(person.email));
    expect(await probe(accessTokenOf(answer))).toEqual({
      status: 200,
      body: { accountId: lifeOf(tokens.access_token).accountId, contract: 'basic' },
    });
    expect(await probe(tokens.access_token)).toEqual(unverified);
  });
});

describe('BASIC_ACCESS_TTL and BASIC_REFRESH_TTL', () => {
  it('set how long the tokens live', async () => {
    const other = await startService({
      BASIC_ACCESS_TTL: '2m',
      BASIC_REFRESH_TTL: '1h',
      EMAIL_VERIFICATION: 'off',
    });
    try {
      const { tokens } = await new BasicClient(`${other.url}/basic`).newcomer();

      expect(lifeOf(tokens.access_token).seconds).toBe(120);
      expect(lifeOf(tokens.refresh_token).seconds).toBe(60 * 60);
    } finally {
      await other.stop();
    }
  });
});
