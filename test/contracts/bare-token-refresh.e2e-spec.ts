import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { SessionStandings } from '../../src/tokens/session-standings.js';
import {
  accountIdOf,
  authTokenOf,
  BareTokenClient,
  credentials,
  MOUNTS,
  refused,
} from '../support/bare-token.client.js';
import { send } from '../support/http.js';
import { algNone, decode, forged, signedByStranger, signedWithSecret } from '../support/jwt.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** A token alone. */
const SUCCESS = { status: 200, body: { authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string } };

describe.each(MOUNTS)('bare-token at $mount', ({ base }) => {
  let service: Service;
  let client: BareTokenClient;

  beforeAll(async () => {
    service = await startService();
    client = new BareTokenClient(service.url + base);
  });

  afterAll(() => service.stop());

  describe('GET /auth/refresh', () => {
    const INVALID = refused(401, 'invalid token');

    it('answers a new token alone, not to be cached', async () => {
      const { authToken } = await client.newcomer();
      const answer = await client.refresh(authToken);
      expect(whole(answer)).toEqual(SUCCESS);
      expect(authTokenOf(answer)).not.toBe(authToken);
      expect(answer.headers['cache-control']).toBe('no-store');
    });

    it.each(['Bearer ', 'bearer ', 'Bearer   '])('accepts the prefix %j', async (prefix) => {
      const { authToken } = await client.newcomer();
      expect(whole(await client.refresh(prefix + authToken))).toEqual(SUCCESS);
    });

    it('leaves the old token valid, however many tabs refresh at once', async () => {
      const { authToken } = await client.newcomer();
      const answers = await Promise.all(Array.from({ length: 10 }, () => client.refresh(authToken)));
      for (const answer of answers) expect(whole(answer)).toEqual(SUCCESS);
      expect(new Set(answers.map(authTokenOf)).size).toBe(10);
      for (const token of [authToken, ...answers.map(authTokenOf)]) {
        expect(whole(await client.refresh(token))).toEqual(SUCCESS);
      }
    });

    it('answers 401 to a missing or empty header', async () => {
      const missing = refused(401, 'missing authorization header');
      expect(whole(await client.send('GET', '/auth/refresh'))).toEqual(missing);
      expect(whole(await client.refresh(''))).toEqual(missing);
      expect(whole(await client.refresh('  '))).toEqual(missing);
    });

    it('does not take a token from the query or the body', async () => {
      const { authToken } = await client.newcomer();
      const answer = await client.send('GET', `/auth/refresh?authToken=${authToken}&token=${authToken}`);
      expect(whole(answer)).toEqual(refused(401, 'missing authorization header'));
    });

    it.each(['a.jwt.token', 'null', 'undefined', 'Bearer', 'Bearer null', 'Basic dTpw', '..', 'a b c', '{}'])(
      'answers 401 to the malformed header %j',
      async (authorization) => {
        expect(whole(await client.refresh(authorization))).toEqual(INVALID);
      },
    );

    it.each([
      ['a forged signature', forged],
      ['alg none', algNone],
      ["a stranger's key", signedByStranger],
      ['a secret in the place of the key', (token: string) => signedWithSecret(token, 'public-key')],
      ['a part missing', (token: string) => token.split('.').slice(0, 2).join('.')],
      ['other claims', otherAccount],
    ])('answers 401 to a token with %s', async (_what, spoil) => {
      const { authToken } = await client.newcomer();
      expect(whole(await client.refresh(spoil(authToken)))).toEqual(INVALID);
    });

    it("answers 401 to another contract's tokens", async () => {
      const body = credentials(newPerson());
      const { json } = await send('POST', `${service.url}/token-pair/auth/register`, { body });
      const { access, refresh } = json as { access: string; refresh: string };
      expect(whole(await client.refresh(access))).toEqual(INVALID);
      expect(whole(await client.refresh(refresh))).toEqual(INVALID);
    });

    it.each([
      ['whose session was ended', 'clearTokens'],
      ['whose account is deactivated', 'deactivate'],
      ['whose account is gone', 'deleteAccount'],
    ] as const)('answers 401 to a token %s', async (_what, act) => {
      const { authToken } = await client.newcomer();
      const renewed = authTokenOf(await client.refresh(authToken));
      await service.app.get(RevocationService)[act](accountIdOf(authToken));
      expect(whole(await client.refresh(authToken))).toEqual(INVALID);
      expect(whole(await client.refresh(renewed))).toEqual(INVALID);
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('answers 405 to %s', async (method) => {
      const answer = await client.send(method, '/auth/refresh');
      expect(whole(answer)).toEqual(refused(405, 'method not allowed'));
      expect(answer.headers.allow).toBe('GET, HEAD');
    });

    it('answers 500 with a fixed text', async () => {
      const { authToken } = await client.newcomer();
      vi.spyOn(service.app.get(SessionStandings), 'of').mockRejectedValueOnce(new Error('a bug of ours'));
      expect(whole(await client.refresh(authToken))).toEqual(refused(500, 'internal server error'));
    });
  });
});

/** The claims of another account under the signature of this token. */
function otherAccount(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = { ...decode(token).claims, sub: '1' };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}
