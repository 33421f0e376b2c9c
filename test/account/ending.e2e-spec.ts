import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../src/tokens/session.entity.js';
import { basic } from '../drivers/basic.driver.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { accountOf } from '../support/accounts.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { givenCookies, withCookie } from '../support/cookies.js';
import type { Answer } from '../support/http.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const DONE = { status: 204, body: undefined };
const CLEARED = {
  name: 'token',
  value: '',
  attributes: ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'HttpOnly', 'Max-Age=0', 'Path=/', 'SameSite=Lax'],
};

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const clientOf = (driver: Driver): AccountClient => new AccountClient(() => service, driver);
const end = (holder: Pick<Holder, 'headers'>, id: string): Promise<Answer> =>
  askAs(service, holder, 'DELETE', `/account/sessions/${id}`);
const ended = async (holder: Holder, id: string): Promise<object> => whole(await end(holder, id));
const account = async (holder: Holder): Promise<object> => whole(await askAs(service, holder, 'GET', '/account'));
const IN_USE = expect.objectContaining({ status: 200 }) as object;

describe('DELETE /account/sessions/:id', () => {
  it.each(DRIVERS)(
    'ends another session of $name, whose tokens are refused from the next request on',
    async (driver) => {
      const client = clientOf(driver);
      const mine = await client.newcomer();
      const other = await client.signIn(mine.person);
      const { sessionId, accountId } = await idsOf(service, other);

      expect(await ended(mine, sessionId)).toEqual(DONE);
      expect(await account(other)).toEqual(problem('token_revoked'));
      expect(await account(mine)).toEqual(IN_USE);
      expect(await ended(mine, sessionId)).toEqual(problem('session_not_found'));
      expect(await trailOf(service, accountId, 'signed_out')).toEqual([
        expect.objectContaining({
          door: 'account',
          actorId: accountId,
          sessionId,
          refusal: null,
          identifierHash: null,
        }),
      ]);
    },
  );

  it.each(DRIVERS)('signs a session of $name out as "current", or by its own id', async (driver) => {
    const client = clientOf(driver);
    const first = await client.newcomer();
    const second = await client.signIn(first.person);

    expect(await ended(first, 'current')).toEqual(DONE);
    expect(await account(first)).toEqual(problem('token_revoked'));
    expect(await ended(second, (await idsOf(service, second)).sessionId)).toEqual(DONE);
    expect(await account(second)).toEqual(problem('token_revoked'));
  });

  it('ends the refresh token of a session too', async () => {
    const holder = await clientOf(basic).newcomer();
    await end(holder, 'current');
    const answer = await clientOf(basic).ask(basic.guarded(basic.credential(holder.signedIn)));
    expect(whole(answer)).toEqual(basic.refusals.deactivatedToken);
  });

  it('takes the cookie back from a request that came with it and has ended its own session, and from no other', async () => {
    const client = clientOf(cookie);
    const mine = await client.newcomer();
    const [byId, byHeader, other] = [
      await client.signIn(mine.person),
      await client.signIn(mine.person),
      await client.signIn(mine.person),
    ];
    const cookies = async (holder: Pick<Holder, 'headers'>, id: string): Promise<unknown> => {
      const answer = await end(holder, id);
      expect(whole(answer)).toEqual(DONE);
      return givenCookies(answer);
    };

    expect(await cookies(mine, (await idsOf(service, other)).sessionId)).toEqual([]);
    expect(await cookies(byId, (await idsOf(service, byId)).sessionId)).toEqual([CLEARED]);
    const bearer = { authorization: `Bearer ${byHeader.token}`, ...withCookie(mine.token) };
    expect(await cookies({ headers: bearer }, 'current')).toEqual([]);
    expect(await cookies(mine, 'current')).toEqual([CLEARED]);
  });

  it("finds no session of another's, and leaves it alone", async () => {
    const [mine, other] = [await clientOf(bareToken).newcomer(), await clientOf(bareToken).newcomer()];
    expect(await ended(mine, (await idsOf(service, other)).sessionId)).toEqual(problem('session_not_found'));
    expect(await account(other)).toEqual(IN_USE);
  });

  it('finds no session that has expired', async () => {
    const client = clientOf(bareToken);
    const mine = await client.newcomer();
    const { sessionId } = await idsOf(service, await client.signIn(mine.person));
    const rows = service.app.get(DataSource).getRepository(Session);
    await rows.update({ id: sessionId }, { expiresAt: new Date(Date.now() - 1000) });
    expect(await ended(mine, sessionId)).toEqual(problem('session_not_found'));
  });

  it.each([
    ['unknown', '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57'],
    ['no id', 'nonsense'],
    ['a number', '1'],
    ['in capitals', '0B0FF6A6-0C5F-4F0E-9A77-4D8F0C0A1F57'],
    ['an id and more', '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57%0a'],
    ['a word in capitals', 'CURRENT'],
    ['a statement', "'%20OR%201=1--"],
    ['a NUL', '%00'],
    ['long', 'a'.repeat(90)],
  ])('finds no session for an id that is %s', async (_what, id) => {
    const mine = await clientOf(opaqueToken).newcomer();
    expect(await ended(mine, id)).toEqual(problem('session_not_found'));
    expect(await account(mine)).toEqual(IN_USE);
  });

  it('ends a session once, whoever asks at once', async () => {
    const client = clientOf(bareToken);
    const mine = await client.newcomer();
    const { sessionId, accountId } = await idsOf(service, await client.signIn(mine.person));
    const answers = await Promise.all(Array.from({ length: 10 }, () => ended(mine, sessionId)));
    expect(answers.filter((answer) => (answer as { status: number }).status === 204)).toHaveLength(1);
    expect(answers).toEqual(expect.arrayContaining([DONE, problem('session_not_found')]));
    expect(await trailOf(service, accountId, 'signed_out')).toHaveLength(1);
  });

  it('signs out once, whoever asks at once; the others find the session ended or the token refused', async () => {
    const mine = await clientOf(opaqueToken).newcomer();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ended(mine, 'current')));
    expect(answers.filter((answer) => (answer as { status: number }).status === 204)).toHaveLength(1);
    for (const answer of answers)
      expect([DONE, problem('session_not_found'), problem('token_revoked')]).toContainEqual(answer);
  });
});

describe('DELETE /account/sessions', () => {
  it.each(DRIVERS)('ends all sessions but that of $name which asks', async (driver) => {
    const client = clientOf(driver);
    const mine = await client.newcomer();
    const others = [await client.signIn(mine.person), await client.signIn(mine.person)];
    const { accountId, sessionId } = await idsOf(service, mine);

    const answer = await askAs(service, mine, 'DELETE', '/account/sessions');
    expect(whole(answer)).toEqual(DONE);
    expect(givenCookies(answer)).toEqual([]);
    for (const other of others) expect(await account(other)).toEqual(problem('token_revoked'));
    const { json } = await askAs(service, mine, 'GET', '/account/sessions');
    expect((json as { sessions: { id: string }[] }).sessions.map(({ id }) => id)).toEqual([sessionId]);
    expect(await trailOf(service, accountId, 'tokens_cleared')).toEqual([
      expect.objectContaining({ door: 'account', actorId: accountId, sessionId, refusal: null }),
    ]);
  });

  it('ends sessions of every contract, and nobody else’s', async () => {
    const person = bareToken.newPerson();
    await clientOf(bareToken).ask(bareToken.registration(person));
    const mine = await clientOf(bareToken).signIn(person);
    const others = [await clientOf(opaqueToken).signIn(person)];
    const stranger = await clientOf(opaqueToken).newcomer();
    await askAs(service, mine, 'DELETE', '/account/sessions');
    for (const other of others) expect(await account(other)).toEqual(problem('token_revoked'));
    expect(await account(stranger)).toEqual(IN_USE);
  });

  it('may be repeated, and has nothing to end then', async () => {
    const mine = await clientOf(bareToken).newcomer();
    const { accountId } = await idsOf(service, mine);
    const epoch = async (): Promise<number> => (await accountOf(service, mine.person)).securityEpoch;
    // The registration opened a session too.
    expect(whole(await askAs(service, mine, 'DELETE', '/account/sessions'))).toEqual(DONE);
    const before = await epoch();
    for (let round = 0; round < 3; round++)
      expect(whole(await askAs(service, mine, 'DELETE', '/account/sessions'))).toEqual(DONE);
    expect(await account(mine)).toEqual(IN_USE);
    // Nothing that a stolen token could keep sign-ins out with, or fill the trail.
    expect(await epoch()).toBe(before);
    expect(await trailOf(service, accountId, 'tokens_cleared')).toHaveLength(1);
  });

  it('asked by two sessions at once leaves at most one of them', async () => {
    const client = clientOf(bareToken);
    const one = await client.newcomer();
    const two = await client.signIn(one.person);
    await Promise.all([one, two].map((holder) => askAs(service, holder, 'DELETE', '/account/sessions')));
    const alive = [await account(one), await account(two)].filter(
      (answer) => (answer as { status: number }).status === 200,
    );
    expect(alive.length).toBeLessThanOrEqual(1);
  });
});
