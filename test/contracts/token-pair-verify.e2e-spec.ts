import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { forged } from '../support/jwt.js';
import { type Service, startService } from '../support/service.js';
import { SPOILT } from '../support/spoilt-tokens.js';
import {
  answered,
  foreignTokens,
  INVALID,
  MOUNTS,
  outcome,
  pairOf,
  TokenPairClient,
} from '../support/token-pair.client.js';

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;
const PAIR = { refresh: JWT, access: JWT };
const DAY = 24 * 60 * 60;

describe.each(MOUNTS)('token-pair at $mount', ({ base }) => {
  let service: Service;
  let client: TokenPairClient;

  beforeAll(async () => {
    service = await startService();
    client = new TokenPairClient(service.url, base);
  });

  afterAll(() => service.stop());

  // The document prints the refresh URL over "Verify access token" by a slip of the pen: both URLs verify.
  describe.each(['/auth/token/verify', '/auth/token/refresh'])('verifying by POST %s', (path) => {
    const verify = async (token: string): Promise<object> => outcome(await client.post(path, { token }));

    it('answers {} to a valid access or refresh token, not to be cached', async () => {
      const { refresh, access } = await client.newcomer();
      for (const token of [access, refresh]) {
        const answer = await client.post(path, { token });
        expect(outcome(answer)).toEqual(answered(200, {}));
        expect(answer.text).toBe('{}');
        expect(answer.headers['cache-control']).toBe('no-store');
      }
    });

    it('uses nothing up', async () => {
      const { refresh } = await client.newcomer();
      for (let time = 0; time < 3; time++) expect(await verify(refresh)).toEqual(answered(200, {}));
      service.advance(31);
      expect(outcome(await client.refresh(refresh))).toEqual(answered(200, PAIR));
    });

    it('answers 401 to a token that was rotated before the grace time, and leaves its session alone', async () => {
      const { refresh } = await client.newcomer();
      const successor = pairOf(await client.refresh(refresh)).refresh;
      expect(await verify(refresh)).toEqual(answered(200, {}));
      service.advance(31);
      expect(await verify(refresh)).toEqual(INVALID);
      expect(await verify(successor)).toEqual(answered(200, {}));
      expect(outcome(await client.refresh(successor))).toEqual(answered(200, PAIR));
    });

    it.each(SPOILT)('answers 401 to tokens that are %s', async (_what, spoil) => {
      const { refresh, access } = await client.newcomer();
      expect(await verify(spoil(access))).toEqual(INVALID);
      expect(await verify(spoil(refresh))).toEqual(INVALID);
    });

    it('answers 401 to expired tokens', async () => {
      const { refresh, access } = await client.newcomer();
      service.advance(60 * 60 + 1);
      expect(await verify(access)).toEqual(INVALID);
      expect(await verify(refresh)).toEqual(answered(200, {}));
      service.advance(14 * DAY);
      expect(await verify(refresh)).toEqual(INVALID);
    });

    it("answers 401 to another contract's tokens", async () => {
      for (const token of await foreignTokens(service.url)) expect(await verify(token)).toEqual(INVALID);
    });

    it.each([
      ['whose sessions were ended', 'clearTokens'],
      ['that was deactivated', 'deactivate'],
      ['that is gone', 'deleteAccount'],
    ] as const)('answers 401 to the tokens of an account %s', async (_what, act) => {
      const { refresh, access, accountId } = await client.newcomer();
      await service.app.get(RevocationService)[act](accountId);
      expect(await verify(access)).toEqual(INVALID);
      expect(await verify(refresh)).toEqual(INVALID);
    });
  });

  describe('POST /auth/token/verify', () => {
    it('takes the field `refresh` in the place of `token`', async () => {
      const { refresh, access } = await client.newcomer();
      for (const token of [refresh, access]) {
        expect(outcome(await client.post('/auth/token/verify', { refresh: token }))).toEqual(answered(200, {}));
      }
      expect(outcome(await client.post('/auth/token/verify', { refresh: forged(refresh) }))).toEqual(INVALID);
    });

    it('looks at `token` when both are there', async () => {
      const { refresh, access } = await client.newcomer();
      const body = { token: forged(access), refresh };
      expect(outcome(await client.post('/auth/token/verify', body))).toEqual(INVALID);
    });
  });

  describe('POST /auth/token/refresh with a `token`', () => {
    const post = async (body: object): Promise<object> => outcome(await client.post('/auth/token/refresh', body));

    it('refreshes when there is a `refresh` beside it', async () => {
      const { refresh, access } = await client.newcomer();
      expect(await post({ refresh, token: access })).toEqual(answered(200, PAIR));
      expect(await post({ refresh: '', token: access })).toEqual(
        answered(400, { refresh: ['This field may not be blank.'] }),
      );
    });

    it('names `token` when that is no token at all', async () => {
      expect(await post({ token: '' })).toEqual(answered(400, { token: ['This field may not be blank.'] }));
      expect(await post({ token: null })).toEqual(answered(400, { token: ['This field may not be null.'] }));
    });
  });
});
