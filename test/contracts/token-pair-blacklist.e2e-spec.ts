import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { decode } from '../support/jwt.js';
import { type Service, startService } from '../support/service.js';
import { SPOILT } from '../support/spoilt-tokens.js';
import {
  answered,
  credentials,
  foreignTokens,
  INVALID,
  MOUNTS,
  notValidInHeader,
  outcome,
  pairOf,
  TokenPairClient,
} from '../support/token-pair.client.js';
import { trailOf } from '../support/trail.js';

const DONE = answered(200, {});
const BLACKLISTED = answered(401, { detail: 'Token is blacklisted', code: 'token_not_valid' });
const WRONG_TYPE = answered(401, { detail: 'Token has wrong type', code: 'token_not_valid' });
const DAY = 24 * 60 * 60;

describe.each(MOUNTS)('POST /auth/token/blacklist at $mount', ({ base }) => {
  let service: Service;
  let client: TokenPairClient;

  beforeAll(async () => {
    service = await startService({ REFRESH_GRACE: '30s' });
    client = new TokenPairClient(service.url, base);
  });
  afterAll(() => service.stop());

  const blacklist = async (refresh: unknown): Promise<object> =>
    outcome(await client.post('/auth/token/blacklist', { refresh }));

  it('ends the session of the token at once, and leaves the others of the account', async () => {
    const { refresh, access, person } = await client.newcomer();
    const other = pairOf(await client.token(credentials(person)));

    const answer = await client.post('/auth/token/blacklist', { refresh });
    expect(outcome(answer)).toEqual(DONE);
    expect(answer.text).toBe('{}');
    expect(answer.headers['cache-control']).toBe('no-store');

    expect(outcome(await client.refresh(refresh))).toEqual(BLACKLISTED);
    expect(outcome(await client.verify(access))).toEqual(INVALID);
    expect(outcome(await client.getUser(`Bearer ${access}`))).toEqual(notValidInHeader('Token is invalid or expired'));
    expect((await client.getUser(`Bearer ${other.access}`)).status).toBe(200);
    expect((await client.refresh(other.refresh)).status).toBe(200);
  });

  it('answers a token of a session that is over as refresh does, also one that it ended itself', async () => {
    const { refresh } = await client.newcomer();
    expect(await blacklist(refresh)).toEqual(DONE);
    expect(await blacklist(refresh)).toEqual(BLACKLISTED);
  });

  it('does it for exactly one of those who ask at once', async () => {
    const { refresh } = await client.newcomer();
    const answers = await Promise.all(Array.from({ length: 5 }, () => blacklist(refresh)));
    expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(DONE))).toHaveLength(1);
    expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(BLACKLISTED))).toHaveLength(4);
  });

  it('takes a token that was just exchanged, whose answer may be lost', async () => {
    const { refresh } = await client.newcomer();
    const next = pairOf(await client.refresh(refresh));
    expect(await blacklist(refresh)).toEqual(DONE);
    expect(outcome(await client.refresh(next.refresh))).toEqual(BLACKLISTED);
  });

  it('takes a token that was exchanged before for stolen, and ends its session', async () => {
    const { refresh, accountId } = await client.newcomer();
    const next = pairOf(await client.refresh(refresh));
    service.advance(31);
    expect(await blacklist(refresh)).toEqual(BLACKLISTED);
    expect(outcome(await client.refresh(next.refresh))).toEqual(BLACKLISTED);
    expect(await trailOf(service, accountId, 'refresh_token_reused')).toHaveLength(1);
  });

  it('refuses an access token, which is of the wrong type', async () => {
    const { access } = await client.newcomer();
    expect(await blacklist(access)).toEqual(WRONG_TYPE);
    expect((await client.getUser(`Bearer ${access}`)).status).toBe(200);
  });

  it.each(SPOILT)('refuses tokens that are %s', async (_what, spoil) => {
    const { refresh } = await client.newcomer();
    expect(await blacklist(spoil(refresh))).toEqual(INVALID);
    expect((await client.refresh(refresh)).status).toBe(200);
  });

  it("refuses another contract's tokens, and expired ones", async () => {
    for (const token of await foreignTokens(service.url)) expect(await blacklist(token)).toEqual(INVALID);
    const { refresh } = await client.newcomer();
    service.advance(14 * DAY + 1);
    expect(await blacklist(refresh)).toEqual(INVALID);
  });

  it.each(['clearTokens', 'deactivate', 'deleteAccount'] as const)(
    'calls a token blacklisted after %s',
    async (act) => {
      const { refresh, accountId } = await client.newcomer();
      await service.app.get(RevocationService)[act](accountId);
      expect(await blacklist(refresh)).toEqual(BLACKLISTED);
    },
  );

  it('looks at the body alone: real front ends send a dead header', async () => {
    const { refresh } = await client.newcomer();
    const headers = { authorization: 'Bearer null' };
    const answer = await client.send('POST', '/auth/token/blacklist', { headers, body: { refresh } });
    expect(outcome(answer)).toEqual(DONE);
  });

  it('knows no other method', async () => {
    const answer = await client.send('GET', '/auth/token/blacklist');
    expect(outcome(answer)).toEqual(answered(405, { detail: 'Method "GET" not allowed.' }));
    expect(answer.headers.allow).toBe('POST');
  });

  it('leaves a sign-out in the trail', async () => {
    const { refresh, accountId } = await client.newcomer();
    await blacklist(refresh);
    await blacklist(refresh);
    const { sid } = decode(refresh).claims;
    expect(await trailOf(service, accountId, 'signed_out')).toEqual([
      expect.objectContaining({ sessionId: sid, actorId: accountId, refusal: null }),
    ]);
  });

  it('ends the session also where refresh tokens are not exchanged', async () => {
    const own = await startService({ REFRESH_ROTATION: 'off' });
    onTestFinished(() => own.stop());
    const front = new TokenPairClient(own.url, base);
    const { refresh } = await front.newcomer();
    await front.refresh(refresh);
    expect(outcome(await front.post('/auth/token/blacklist', { refresh }))).toEqual(DONE);
    expect(outcome(await front.refresh(refresh))).toEqual(BLACKLISTED);
  });
});
