import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { SessionList } from '../../src/tokens/session-list.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { EpochsService } from '../../src/users/epochs.service.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { UsersService } from '../../src/users/users.service.js';
import { holdNext } from '../support/hold.js';
import { decode } from '../support/jwt.js';
import { DONE, OpaqueTokenClient, refused, told, UNAUTHORIZED } from '../support/opaque-token.client.js';
import { IN_BODY, IN_HEADER, NO_ACTIVE_ACCOUNT, type Pair, PairClient, pairOf } from '../support/pairs.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const WRONG_OLD_PASSWORD = refused(400, 'Incorrect old password');
const BAD_LOGIN = refused(400, 'Bad login details');

let service: Service;
let pairs: PairClient;
let opaque: OpaqueTokenClient;

beforeAll(async () => {
  service = await startService();
  pairs = new PairClient(service.url);
  opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);
});
afterAll(() => service.stop());

/** Somebody new with a session through contract 1 and another through contract 3. */
async function newcomer(): Promise<{ person: Person; pair: Pair; token: string; id: number }> {
  const { person, pair } = await pairs.newcomer();
  return { person, pair, token: await opaque.session(person), id: decode(pair.access).claims.user_id as number };
}

async function liveSessions(userId: number): Promise<number> {
  return (await service.app.get(SessionList).page(userId, 100, undefined, [])).length;
}

async function expectDead({ refresh, access }: Pair): Promise<void> {
  expect(whole(await pairs.getUser(access))).toEqual(IN_HEADER.notValid);
  expect(whole(await pairs.refresh(refresh))).toEqual(IN_BODY.blacklisted);
}

describe('A sign-in against POST /clear-tokens', () => {
  it('is refused when the tokens are cleared after its password was checked', async () => {
    const { person, token, id } = await newcomer();
    const hold = holdNext(service.app.get(PasswordHasher), 'verify', 'after');
    const signingIn = pairs.signIn(person);
    await hold.reached;

    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
    hold.release();

    expect(whole(await signingIn)).toEqual(NO_ACTIVE_ACCOUNT);
    expect(await liveSessions(id)).toBe(0);
    expect((await pairs.signIn(person)).status).toBe(200);
  });

  it('is refused when the tokens are cleared just before its session is opened', async () => {
    const { person, token, id } = await newcomer();
    const hold = holdNext(service.app.get(SessionsService), 'open', 'before');
    const signingIn = opaque.login(person);
    await hold.reached;

    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
    hold.release();

    expect(told(await signingIn)).toEqual(BAD_LOGIN);
    expect(await liveSessions(id)).toBe(0);
  });

  it('gets tokens that are dead already when they are cleared just after its session was opened', async () => {
    const { person, token, id } = await newcomer();
    const hold = holdNext(service.app.get(SessionsService), 'open', 'after');
    const signingIn = pairs.signIn(person);
    await hold.reached;

    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
    hold.release();

    await expectDead(pairOf(await signingIn));
    expect(await liveSessions(id)).toBe(0);
  });
});

describe('A sign-in against the end of its account', () => {
  const ENDS = [
    { end: 'deactivation', act: (id: number) => service.app.get(RevocationService).deactivate(id) },
    { end: 'deletion', act: (id: number) => service.app.get(RevocationService).deleteAccount(id) },
  ];

  for (const { end, act } of ENDS) {
    it(`is refused after a ${end} that came when its password was checked`, async () => {
      const { person, id } = await newcomer();
      const hold = holdNext(service.app.get(PasswordHasher), 'verify', 'after');
      const signingIn = pairs.signIn(person);
      await hold.reached;

      await act(id);
      hold.release();

      expect(whole(await signingIn)).toEqual(NO_ACTIVE_ACCOUNT);
      expect(await liveSessions(id)).toBe(0);
    });

    it(`leaves no session behind when the ${end} comes just after it was opened`, async () => {
      const { person, id } = await newcomer();
      const hold = holdNext(service.app.get(SessionsService), 'open', 'after');
      const signingIn = pairs.signIn(person);
      await hold.reached;

      await act(id);
      hold.release();

      const { access, refresh } = pairOf(await signingIn);
      expect(whole(await pairs.getUser(access))).toEqual(end === 'deletion' ? IN_HEADER.gone : IN_HEADER.inactive);
      expect(whole(await pairs.refresh(refresh))).toEqual(IN_BODY.blacklisted);
      expect(await liveSessions(id)).toBe(0);
    });
  }
});

describe('A rotation against POST /clear-tokens', () => {
  it('is refused when the tokens are cleared just before it', async () => {
    const { pair, token } = await newcomer();
    const hold = holdNext(service.app.get(SessionsService), 'rotate', 'before');
    const refreshing = pairs.refresh(pair.refresh);
    await hold.reached;

    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
    hold.release();

    expect(whole(await refreshing)).toEqual(IN_BODY.blacklisted);
    await expectDead(pair);
  });

  it('gets tokens that are dead already when they are cleared just after it', async () => {
    const { pair, token } = await newcomer();
    const hold = holdNext(service.app.get(SessionsService), 'rotate', 'after');
    const refreshing = pairs.refresh(pair.refresh);
    await hold.reached;

    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
    hold.release();

    await expectDead(pairOf(await refreshing));
  });
});

describe('Two POST /change-password at once', () => {
  it('lets one of them win, and answers the other that its old password is wrong', async () => {
    const { person, token } = await newcomer();
    const hold = holdNext(service.app.get(EpochsService), 'changePassword', 'before');
    const losing = opaque.changePassword(token, person.password, 'LosingPassword1');
    await hold.reached;

    expect(told(await opaque.changePassword(token, person.password, 'WinningPassword1'))).toEqual(DONE);
    hold.release();

    expect(told(await losing)).toEqual(WRONG_OLD_PASSWORD);
    expect((await opaque.login({ ...person, password: 'WinningPassword1' })).status).toBe(200);
    for (const password of ['LosingPassword1', person.password]) {
      expect(told(await opaque.login({ ...person, password }))).toEqual(BAD_LOGIN);
    }
    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
  });

  it('lets exactly one of ten win when nobody holds them', async () => {
    const { person, token } = await newcomer();
    const passwords = Array.from({ length: 10 }, (_, index) => `Password${index}`);

    const answers = await Promise.all(
      passwords.map((password) => opaque.changePassword(token, person.password, password)),
    );

    const won = answers.findIndex(({ status }) => status === 200);
    expect(answers.map(told)).toEqual(passwords.map((_, index) => (index === won ? DONE : WRONG_OLD_PASSWORD)));
    const signIns = await Promise.all(passwords.map((password) => opaque.login({ ...person, password })));
    expect(signIns.map(({ status }) => status)).toEqual(passwords.map((_, index) => (index === won ? 200 : 400)));
  });
});

describe('A rehash against POST /change-password', () => {
  async function withOtherCost(): Promise<{ person: Person; token: string }> {
    const { person, token } = await newcomer();
    service = await service.restart({ BCRYPT_COST: service.config.BCRYPT_COST === 4 ? '5' : '4' });
    pairs = new PairClient(service.url);
    opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);
    return { person, token };
  }

  it('never overwrites the new password', async () => {
    const { person, token } = await withOtherCost();
    const hold = holdNext(service.app.get(UsersService), 'replaceHash', 'before');
    const signingIn = pairs.signIn(person);
    await hold.reached;

    expect(told(await opaque.changePassword(token, person.password, 'OtherPassword1'))).toEqual(DONE);
    hold.release();

    expect(whole(await signingIn)).toEqual(NO_ACTIVE_ACCOUNT);
    expect(whole(await pairs.signIn(person))).toEqual(NO_ACTIVE_ACCOUNT);
    expect((await pairs.signIn({ ...person, password: 'OtherPassword1' })).status).toBe(200);
  });

  it('does not make the right old password wrong', async () => {
    const { person, token } = await withOtherCost();
    const hold = holdNext(service.app.get(EpochsService), 'changePassword', 'before');
    const changing = opaque.changePassword(token, person.password, 'OtherPassword1');
    await hold.reached;

    const pair = await pairs.session(person);
    hold.release();

    expect(told(await changing)).toEqual(DONE);
    expect(whole(await pairs.signIn(person))).toEqual(NO_ACTIVE_ACCOUNT);
    expect((await pairs.signIn({ ...person, password: 'OtherPassword1' })).status).toBe(200);
    await expectDead(pair);
  });
});

describe('POST /change-password against the end of its account', () => {
  it('is refused as its token is, when the account is deactivated after its password was checked', async () => {
    const { person, token, id } = await newcomer();
    const hold = holdNext(service.app.get(PasswordHasher), 'verify', 'after');
    const changing = opaque.changePassword(token, person.password, 'OtherPassword1');
    await hold.reached;

    await service.app.get(RevocationService).deactivate(id);
    hold.release();

    expect(told(await changing)).toEqual(UNAUTHORIZED);
    expect(told(await opaque.changePassword(token, person.password, 'OtherPassword1'))).toEqual(UNAUTHORIZED);
  });
});
