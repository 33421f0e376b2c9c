import { describe, expect, it, onTestFinished } from 'vitest';
import { authTokenOf, BareTokenClient, MOUNTS, refused } from '../support/bare-token.client.js';
import { decode } from '../support/jwt.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** A token alone. */
const SUCCESS = { status: 200, body: { authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string } };
const DAY = 24 * 60 * 60;

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
      const { iat, exp } = decode(authToken).claims as { iat: number; exp: number };
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
      service.advance(6 * DAY - 5);
      expect(whole(await client.refresh(authToken))).toEqual(SUCCESS);
      service.advance(6);
      expect(whole(await client.refresh(authToken))).toEqual(refused(401, 'token has expired'));
      expect(whole(await client.refresh(later))).toEqual(SUCCESS);
    });

    it('ends with the session after 30 days, however often it was refreshed', async () => {
      const { service, client } = await start();
      let { authToken } = (await client.newcomer()) as { authToken: string };
      for (let day = 6; day < 30; day += 6) {
        service.advance(6 * DAY);
        authToken = authTokenOf(await client.refresh(authToken));
      }
      service.advance(6 * DAY - 5);
      const last = await client.refresh(authToken);
      expect(whole(last)).toEqual(SUCCESS);
      service.advance(6);
      for (const token of [authToken, authTokenOf(last)]) {
        expect(whole(await client.refresh(token))).toEqual(refused(401, 'token has expired'));
      }
    });

    const SETTINGS: readonly { env: Environment; seconds: number }[] = [
      { env: { BARE_TOKEN_TTL: '1h' }, seconds: 60 * 60 },
      { env: { SESSION_MAX_AGE: '2h' }, seconds: 2 * 60 * 60 },
    ];

    it.each(SETTINGS)('is $seconds seconds under $env', async ({ env, seconds }) => {
      const { service, client } = await start(env);
      const { authToken } = await client.newcomer();
      service.advance(seconds - 5);
      expect(whole(await client.refresh(authToken))).toEqual(SUCCESS);
      service.advance(6);
      expect(whole(await client.refresh(authToken))).toEqual(refused(401, 'token has expired'));
    });
  });
});
