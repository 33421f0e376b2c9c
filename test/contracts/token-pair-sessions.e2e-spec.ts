import { describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import {
  answered,
  credentials,
  INVALID,
  MOUNTS,
  notValidInHeader,
  outcome,
  type Pair,
  pairOf,
  TokenPairClient,
} from '../support/token-pair.client.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;
const PAIR = { refresh: JWT, access: JWT };
const OPAQUE_ID = expect.stringMatching(/^[\w.-]{8,}$/) as string;

describe.each(MOUNTS)('token-pair at $mount', ({ base }) => {
  const start = async (env: Environment = {}): Promise<{ service: Service; client: TokenPairClient }> => {
    const service = await startService(env);
    onTestFinished(() => service.stop());
    return { service, client: new TokenPairClient(service.url, base) };
  };
  const timesOf = (token: string): { iat: number; exp: number } => decode(token).claims as { iat: number; exp: number };
  const lifetimes = ({ refresh, access }: Pair): number[] =>
    [access, refresh].map((token) => {
      const { iat, exp } = timesOf(token);
      return exp - iat;
    });

  describe('the claims', () => {
    it('are those that clients of SimpleJWT read', async () => {
      const { client } = await start();
      const { access, refresh, person, accountId } = await client.newcomer();
      const common = { user_id: accountId, jti: OPAQUE_ID, iat: expect.any(Number), exp: expect.any(Number) };
      expect(decode(access).claims).toMatchObject({ ...common, token_type: 'access', username: person.username });
      expect(decode(refresh).claims).toMatchObject({ ...common, token_type: 'refresh' });
      expect(decode(refresh).claims).not.toHaveProperty('username');
      expect(Number.isInteger(decode(access).claims.user_id)).toBe(true);
    });

    it('have a `jti` of their own in every token', async () => {
      const { client } = await start();
      const first = await client.newcomer();
      const second = pairOf(await client.refresh(first.refresh));
      const third = pairOf(await client.token(credentials(first.person)));
      const ids = [first, second, third].flatMap(({ access, refresh }) => [access, refresh]);
      expect(new Set(ids.map((token) => decode(token).claims.jti)).size).toBe(6);
    });
  });

  describe('the lifetimes', () => {
    it('are sixty minutes and fourteen days', async () => {
      const { client } = await start();
      const pair = await client.newcomer();
      expect(lifetimes(pair)).toEqual([60 * MINUTE, 14 * DAY]);
      expect(lifetimes(pairOf(await client.refresh(pair.refresh)))).toEqual([60 * MINUTE, 14 * DAY]);
    });

    it('are settable', async () => {
      const { client } = await start({ ACCESS_TOKEN_TTL: '5m', REFRESH_TOKEN_TTL: '1d' });
      expect(lifetimes(await client.newcomer())).toEqual([5 * MINUTE, DAY]);
    });

    it('end with the session after thirty days, however often it was refreshed', async () => {
      const { service, client } = await start();
      let pair: Pair = await client.newcomer();
      const { iat } = timesOf(pair.refresh);
      for (const days of [10, 10, 9]) {
        service.advance(days * DAY);
        pair = pairOf(await client.refresh(pair.refresh));
      }
      const { exp } = timesOf(pair.refresh);
      expect(exp - iat).toBe(30 * DAY);
      const last = await atTime(service, exp * 1000 - 1, () => client.refresh(pair.refresh));
      expect(outcome(last)).toEqual(answered(200, PAIR));
      const { refresh, access } = pairOf(last);
      await atTime(service, exp * 1000, async () => {
        expect(outcome(await client.refresh(refresh))).toEqual(INVALID);
        const answer = await client.getUser(`Bearer ${access}`);
        expect(outcome(answer)).toEqual(notValidInHeader('Token is invalid or expired'));
      });
    });

    it('end with a session of another SESSION_MAX_AGE', async () => {
      const { service, client } = await start({ SESSION_MAX_AGE: '2h' });
      const { refresh } = await client.newcomer();
      const { iat, exp } = timesOf(refresh);
      const use = (): Promise<Answer> => client.refresh(refresh);
      expect(exp - iat).toBe(120 * MINUTE);
      expect(outcome(await atTime(service, exp * 1000 - 1, use))).toEqual(answered(200, PAIR));
      expect(outcome(await atTime(service, exp * 1000, use))).toEqual(INVALID);
    });
  });

  describe('REFRESH_ROTATION=off', () => {
    it('answers the same refresh token again, with a new access token, for as long as it lives', async () => {
      const { service, client } = await start({ REFRESH_ROTATION: 'off' });
      const { refresh, access, person } = await client.newcomer();
      const accesses = [access];
      for (let time = 0; time < 4; time++) {
        service.advance(3 * DAY);
        const answer = await client.refresh(refresh);
        expect(outcome(answer)).toEqual(answered(200, { refresh, access: JWT }));
        accesses.push(pairOf(answer).access);
      }
      expect(new Set(accesses).size).toBe(5);
      expect(outcome(await client.getUser(`Bearer ${accesses.at(-1)}`))).toEqual(
        answered(200, { username: person.username }),
      );
      expect(outcome(await client.verify(refresh))).toEqual(answered(200, {}));
      service.advance(2 * DAY + 1);
      expect(outcome(await client.refresh(refresh))).toEqual(INVALID);
    });
  });
});
