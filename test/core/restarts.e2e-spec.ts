import { DataSource, IsNull } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { EpochsService } from '../../src/users/epochs.service.js';
import { PinsStore } from '../../src/users/pins.store.js';
import { UsersService } from '../../src/users/users.service.js';
import { holdNext } from '../support/hold.js';
import { decode } from '../support/jwt.js';
import { DONE, OpaqueTokenClient, told, UNAUTHORIZED } from '../support/opaque-token.client.js';
import { IN_BODY, IN_HEADER, NO_ACTIVE_ACCOUNT, type Pair, PairClient, pairOf } from '../support/pairs.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;
let pairs: PairClient;
let opaque: OpaqueTokenClient;

beforeEach(async () => {
  meet(await startService());
});
afterEach(() => service.stop());

function meet(started: Service): void {
  service = started;
  pairs = new PairClient(service.url);
  opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);
}

async function restart(): Promise<void> {
  meet(await service.restart());
}

interface Newcomer {
  readonly person: Person;
  readonly pair: Pair;
  readonly token: string;
  readonly id: number;
}

/** Somebody new with a session through contract 1 and another through contract 3. */
async function newcomer(): Promise<Newcomer> {
  const { person, pair } = await pairs.newcomer();
  return { person, pair, token: await opaque.session(person), id: decode(pair.access).claims.user_id as number };
}

/** How the tokens of a newcomer answer: access token, refresh token, opaque token. */
async function answers({ pair, token }: Newcomer): Promise<object[]> {
  const inHeader = pairs.getUser(pair.access);
  const inBody = pairs.refresh(pair.refresh);
  const opaqueToken = opaque.use(token);
  return [whole(await inHeader), whole(await inBody), told(await opaqueToken)];
}

const REVOKED = [IN_HEADER.notValid, IN_BODY.blacklisted, UNAUTHORIZED];
const INACTIVE = [IN_HEADER.inactive, IN_BODY.blacklisted, UNAUTHORIZED];
const GONE = [IN_HEADER.gone, IN_BODY.blacklisted, UNAUTHORIZED];

function liveSessions(userId: number): Promise<number> {
  return service.app.get(DataSource).getRepository(Session).countBy({ userId, revokedAt: IsNull() });
}

describe('A restart on the same data folder', () => {
  it('keeps accounts, sessions and the signing key', async () => {
    const known = await newcomer();
    const { kid } = service.app.get(KeyRing).signer;

    await restart();

    expect(service.app.get(KeyRing).signer.kid).toBe(kid);
    expect(whole(await pairs.getUser(known.pair.access))).toEqual({
      status: 200,
      body: { username: known.person.username },
    });
    expect(decode(pairOf(await pairs.refresh(known.pair.refresh)).access).header.kid).toBe(kid);
    expect(told(await opaque.changePassword(known.token, known.person.password, 'OtherPassword1'))).toEqual(DONE);
    expect((await pairs.signIn({ ...known.person, password: 'OtherPassword1' })).status).toBe(200);
    expect(whole(await pairs.register(known.person))).toEqual({
      status: 409,
      body: { detail: 'User already exists' },
    });
  });

  it('keeps every revocation, with its reason, in force from the first request', async () => {
    const cleared = await newcomer();
    const deactivated = await newcomer();
    const deleted = await newcomer();
    await opaque.clearTokens(cleared.token);
    await service.app.get(RevocationService).deactivate(deactivated.id);
    await service.app.get(RevocationService).deleteAccount(deleted.id);

    await restart();

    expect(await answers(cleared)).toEqual(REVOKED);
    expect(await answers(deactivated)).toEqual(INACTIVE);
    expect(await answers(deleted)).toEqual(GONE);
    expect((await pairs.signIn(cleared.person)).status).toBe(200);
    expect(whole(await pairs.signIn(deactivated.person))).toEqual(NO_ACTIVE_ACCOUNT);
    expect(whole(await pairs.signIn(deleted.person))).toEqual(NO_ACTIVE_ACCOUNT);
  });

  it('never gives the id of a deleted account to another', async () => {
    const deleted = await newcomer();
    await service.app.get(RevocationService).deleteAccount(deleted.id);

    await restart();
    const successor = decode(pairOf(await pairs.register(deleted.person)).access).claims;

    expect(successor.user_id).toBeGreaterThan(deleted.id);
    expect(successor.username).toBe(deleted.person.username);
    expect(await answers(deleted)).toEqual(GONE);
  });
});

describe('A crash between the steps of ending all sessions', () => {
  const CASES = [
    {
      act: 'clearing tokens',
      begin: (id: number) => service.app.get(EpochsService).advance(id, 'tokens_cleared'),
      expected: REVOKED,
    },
    {
      act: 'changing the password',
      begin: async (id: number) => {
        const user = await service.app.get(UsersService).findById(id);
        const hash = user?.passwordHash ?? '';
        return service.app.get(EpochsService).changePassword(id, 'password_changed', hash, hash);
      },
      expected: REVOKED,
    },
    {
      act: 'deactivating the account',
      begin: (id: number) => service.app.get(EpochsService).deactivate(id, 'account_deactivated'),
      expected: INACTIVE,
    },
    {
      act: 'deleting the account',
      begin: (id: number) => service.app.get(EpochsService).deactivate(id, 'account_deleted'),
      expected: GONE,
    },
  ];

  for (const { act, begin, expected } of CASES) {
    it(`is made good at the next start, after ${act}`, async () => {
      const victim = await newcomer();
      const bystander = await newcomer();
      expect(await begin(victim.id)).toBe(1);

      await restart();

      expect(await answers(victim)).toEqual(expected);
      expect(await liveSessions(victim.id)).toBe(0);
      expect((await pairs.getUser(bystander.pair.access)).status).toBe(200);
    });

    it(`is made good within a minute and without a restart, after ${act}`, async () => {
      const victim = await newcomer();
      const bystander = await newcomer();
      expect(await begin(victim.id)).toBe(1);

      service.advance(60);
      await service.app.get(HousekeepingService).everyMinute();

      expect(await answers(victim)).toEqual(expected);
      expect(await liveSessions(victim.id)).toBe(0);
      expect((await pairs.getUser(bystander.pair.access)).status).toBe(200);
    });
  }

  it('removes the account whose deletion had come as far as its sessions, and frees its name', async () => {
    const victim = await newcomer();
    await service.app.get(EpochsService).deactivate(victim.id, 'account_deleted');
    await service.app.get(SessionsService).revokeLeftBehind(victim.id, 'account_deleted');

    await restart();

    expect(await service.app.get(UsersService).findById(victim.id)).toBeUndefined();
    expect(await answers(victim)).toEqual(GONE);
    expect((await pairs.register(victim.person)).status).toBe(201);
  });

  it('is made good once: what was finished is not due again', async () => {
    const victim = await newcomer();
    await service.app.get(EpochsService).advance(victim.id, 'tokens_cleared');
    await restart();

    expect(await service.app.get(UsersService).revocationsDue()).toEqual([]);
    const { access } = await pairs.session(victim.person);
    await restart();
    expect((await pairs.getUser(access)).status).toBe(200);
  });

  it('is not forgotten when an act of before it finishes after it', async () => {
    const victim = await newcomer();
    const hold = holdNext(service.app.get(EpochsService), 'settle', 'before');
    const clearing = opaque.clearTokens(victim.token);
    await hold.reached;
    const { access } = await pairs.session(victim.person);
    await service.app.get(EpochsService).advance(victim.id, 'tokens_cleared');

    hold.release();
    expect(told(await clearing)).toEqual(DONE);
    service.advance(60);
    await service.app.get(HousekeepingService).everyMinute();

    expect(whole(await pairs.getUser(access))).toEqual(IN_HEADER.notValid);
  });

  it('lets nothing undo a deletion that was begun', async () => {
    const victim = await newcomer();
    const epochs = service.app.get(EpochsService);
    await epochs.deactivate(victim.id, 'account_deleted');

    await service.app.get(RevocationService).clearTokens(victim.id);
    await service.app.get(RevocationService).deactivate(victim.id);
    await restart();

    expect(await service.app.get(UsersService).findById(victim.id)).toBeUndefined();
    expect(await answers(victim)).toEqual(GONE);
  });
});

describe('PIN tries across a restart', () => {
  it('stay counted, so that a restart gives no further guesses', async () => {
    const { id } = await newcomer();
    const lockUntil = new Date(Date.now() + 900_000);
    const tries = async (count: number): Promise<boolean[]> => {
      const allowed: boolean[] = [];
      while (allowed.length < count) allowed.push(await service.app.get(PinsStore).countTry(id, lockUntil));
      return allowed;
    };
    expect(await tries(3)).toEqual([true, true, true]);

    await restart();

    expect(await tries(3)).toEqual([true, true, false]);
  });
});
