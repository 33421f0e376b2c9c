import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { SessionList } from '../../src/tokens/session-list.js';
import { Session } from '../../src/tokens/session.entity.js';
import { EpochsService } from '../../src/users/epochs.service.js';
import { PinsStore } from '../../src/users/pins.store.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
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

async function liveSessions(userId: number): Promise<number> {
  return (await service.app.get(SessionList).page(userId, 100, undefined, [])).length;
}

/** The id of no session. */
const NOBODYS = '00000000-0000-4000-8000-000000000000';

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

describe('A service that dies as soon as the account says that its sessions ended', () => {
  const epochs = (): EpochsService => service.app.get(EpochsService);
  const CASES = [
    {
      act: 'clearing tokens',
      begin: (id: number) => epochs().advance(id, 'tokens_cleared'),
      expected: REVOKED,
    },
    {
      act: 'changing the password',
      begin: async (id: number) => {
        const user = await service.app.get(UsersService).findById(id);
        const hash = user?.passwordHash ?? '';
        return epochs().changePassword(id, 'password_changed', { checkedHash: hash, passwordHash: hash }, NOBODYS);
      },
      expected: REVOKED,
    },
    {
      act: 'deactivating the account',
      begin: (id: number) => epochs().deactivate(id, 'account_deactivated'),
      expected: INACTIVE,
    },
    {
      act: 'deleting the account',
      begin: (id: number) => epochs().delete(id, 'account_deleted'),
      expected: GONE,
    },
  ];

  for (const { act, begin, expected } of CASES) {
    it(`serves none of them after its next start, after ${act}`, async () => {
      const victim = await newcomer();
      const bystander = await newcomer();
      expect(await begin(victim.id)).toMatchObject({ id: victim.id });

      await restart();

      expect(await answers(victim)).toEqual(expected);
      expect(await liveSessions(victim.id)).toBe(0);
      expect((await pairs.getUser(bystander.pair.access)).status).toBe(200);
    });
  }

  it('has freed the names of an account that it deleted', async () => {
    const victim = await newcomer();
    await epochs().delete(victim.id, 'account_deleted');

    await restart();

    expect(await service.app.get(UsersService).findById(victim.id)).toBeUndefined();
    expect((await pairs.register(victim.person)).status).toBe(201);
  });

  it('forgets where the sessions of an account came from that it deleted, before it removes the row', async () => {
    const victim = await newcomer();
    await epochs().delete(victim.id, 'account_deleted');
    await restart();

    service.advance(service.config.BARE_TOKEN_TTL + 600);
    await service.app.get(HousekeepingService).sweep();

    const rows = service.app.get(DataSource).getRepository(Session);
    const sessions = await rows.findBy({ userId: victim.id });
    expect(sessions.map(({ ip, userAgent }) => [ip, userAgent])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(await service.app.get(DataSource).getRepository(User).findOneBy({ id: victim.id })).toBeNull();
  });

  it('lets nothing change an account that it deleted', async () => {
    const victim = await newcomer();
    await epochs().delete(victim.id, 'account_deleted');

    expect(await service.app.get(RevocationService).clearTokens(victim.id)).toBe(false);
    expect(await service.app.get(RevocationService).deleteAccount(victim.id)).toBe(false);
    await restart();

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
