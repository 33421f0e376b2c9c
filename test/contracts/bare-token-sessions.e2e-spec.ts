import { describe, expect, it, onTestFinished } from 'vitest';
import { authTokenOf, BareTokenClient, MOUNTS, refused } from '../support/bare-token.client.js';
import type { Answer } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { atOneTime, atTime } from '../support/statements.js';
import { whole } from '../support/whole.js';

/** A token alone. */
const SUCCESS = { status: 200, body: { authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string } };
const DAY = 24 * 60 * 60;

const timesOf = (token: string): { iat: number; exp: number } => decode(token).claims as { iat: number; exp: number };

describe.each(MOUNTS)('bare-token at $mount', ({ base }) => {
  const start = async (env: Environment = {}): Promise<{ service: Service; client: BareTokenClient }> => {
    const service = await startService(env);
    onTestFinished(() => service.stop());
    return { service, client: new BareTokenClient(service.url + base) };
  };

  describe('the claims of an authToken', () => {
    it('hold ids and times only, never the username', async () => {
      const { client } = await start();
      const { person, authToken } = await client.newcomer();
      for (const token of [authToken, authTokenOf(await client.refresh(authToken))]) {
        const { claims } = decode(token);
        expect(Object.keys(claims).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
        expect(JSON.stringify(claims)).not.toContain(person.username);
        expect(claims.client_id).toBe('bare-token');
        expect(claims.sub).toMatch(/^\d+$/);
      }
    });

    it('give it seven days', async () => {
      const { client } = await start();
      const { authToken } = await client.newcomer();
      const { iat, exp } = timesOf(authToken);
      expect(exp - iat).toBe(7 * DAY);
    });
  });

  describe('the lifetime of a token', () => {
    it('is its own: a refresh leaves the old token valid until its expiry, and no longer', async () => {
      const { service, client } = await start();
      const { authToken } = await client.newcomer();
      const renewed = authTokenOf(await client.refresh(authToken));
      service.advance(DAY);
      const later = authTokenOf(await client.refresh(renewed));
      const { exp } = timesOf(authToken);
      const refresh = (): Promise<Answer> => client.refresh(authToken);
      expect(whole(await atTime(service, exp * 1000 - 1, refresh))).toEqual(SUCCESS);
      expect(whole(await atTime(service, exp * 1000, refresh))).toEqual(refused(401, 'token has expired'));
      expect(whole(await client.refresh(later))).toEqual(SUCCESS);
    });

    it('ends with the session after 30 days, however often it was refreshed', async () => {
      const { service, client } = await start();
      let { authToken } = (await atOneTime(service, () => client.newcomer())) as { authToken: string };
      const { iat } = timesOf(authToken);
      for (let day = 6; day < 30; day += 6) {
        service.advance(6 * DAY);
        authToken = authTokenOf(await client.refresh(authToken));
      }
      const { exp } = timesOf(authToken);
      expect(exp - iat).toBe(30 * DAY);
      const last = await atTime(service, exp * 1000 - 1, () => client.refresh(authToken));
      expect(whole(last)).toEqual(SUCCESS);
      for (const token of [authToken, authTokenOf(last)]) {
        const answer = await atTime(service, exp * 1000, () => client.refresh(token));
        expect(whole(answer)).toEqual(refused(401, 'token has expired'));
      }
    });

    const SETTINGS: readonly { env: Environment; seconds: number }[] = [
      { env: { BARE_TOKEN_TTL: '1h' }, seconds: 60 * 60 },
      { env: { SESSION_MAX_AGE: '2h' }, seconds: 2 * 60 * 60 },
    ];

    it.each(SETTINGS)('is $seconds seconds under $env', async ({ env, seconds }) => {
      const { service, client } = await start(env);
      const { authToken } = await atOneTime(service, () => client.newcomer());
      const { iat, exp } = timesOf(authToken);
      const refresh = (): Promise<Answer> => client.refresh(authToken);
      expect(exp - iat).toBe(seconds);
      expect(whole(await atTime(service, exp * 1000 - 1, refresh))).toEqual(SUCCESS);
      expect(whole(await atTime(service, exp * 1000, refresh))).toEqual(refused(401, 'token has expired'));
    });
  });
});
