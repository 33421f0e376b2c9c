import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AuthError } from '../../src/errors/auth-error.js';
import type { Comparison } from '../../src/users/bcrypt.worker.js';
import { BY_ITSELF, type HashCaller, HashingPool } from '../../src/users/hashing-pool.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { readStoredPassword, schemeFor } from '../../src/users/password-scheme.js';
import { User } from '../../src/users/user.entity.js';
import { form, send } from '../support/http.js';
import { NO_ACTIVE_ACCOUNT, PairClient } from '../support/pairs.js';
import { newPerson, type Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** passlib's UPASS_TABLE: letters of five scripts. */
const TABLE = 't\u00e1\u0411\u2113\u0259';
const LONG = 'abc123'.repeat(12);

/** Known answers: of passlib 1.7.4 (its tests of `bcrypt_sha256`, version 2, and its documentation) and of John the Ripper. */
const KNOWN: [password: string, stored: string][] = [
  ['password', '$bcrypt-sha256$v=2,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS'],
  ['password', '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2'],
  [TABLE, '$bcrypt-sha256$v=2,t=2b,r=5$.US1fQ4TQS.ZTz/uJ5Kyn.$pzzgp40k8reM1CuQb03PvE0IDPQSdV6'],
  [LONG, '$bcrypt-sha256$v=2,t=2b,r=5$X1g1nh3g0v4h6970O68cxe$zu1cloESVFIOsUIo7fCEgkdHaI9SSue'],
  [`${LONG}qwr`, '$bcrypt-sha256$v=2,t=2b,r=5$X1g1nh3g0v4h6970O68cxe$CBF9csfEdW68xv3DwE6xSULXMtqEFP.'],
  [`${LONG}xyz`, '$bcrypt-sha256$v=2,t=2b,r=5$X1g1nh3g0v4h6970O68cxe$zC/1UDUG2ofEXB6Onr2vvyFzfhEOS3S'],
  ['U*U*U*U*', '$2a$05$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O'],
  ['U*U***U', '$2a$05$WY62Xk2TXZ7EvVDQ5fmjNu7b0GEzSzUXUh2cllxJwhtOeMtWV3Ujq'],
];

const RUBBISH = [
  '',
  'rubbish',
  '$2x$05$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O',
  '$2b$05$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.',
  '$2b$05$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O\n',
  '$2b$03$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O',
  '$2b$32$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O',
  '$bcrypt-sha256$v=1,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
  '$bcrypt-sha256$v=3,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
  '$bcrypt-sha256$v=2,t=2b,r=5$5Hg1DKF!PE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
  '$bcrypt-sha256$v=2,t=2b,r=99$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
  '$bcrypt-sha256$2b,5$5Hg1DKFqPE8C2aflZ5vVoe$12BjNE0p7axMg55.Y/mHsYiVuFBDQyu',
  '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
];

const UNKNOWN_SCHEME = 'A stored password is of no known scheme; it matches nothing.';

describe('Stored passwords', () => {
  let service: Service;
  let hasher: PasswordHasher;

  beforeAll(async () => {
    service = await startService();
    hasher = service.app.get(PasswordHasher);
  });
  afterAll(() => service.stop());

  for (const [password, stored] of KNOWN) {
    it(`are read as their inventors wrote them: ${stored}`, async () => {
      expect(await hasher.verify(password, stored, BY_ITSELF)).toBe(true);
      expect(await hasher.verify(`${password}!`, stored, BY_ITSELF)).toBe(false);
    });
  }

  it('are written as passlib would write them', async () => {
    for (const ending of ['qwr', 'xyz']) {
      const scheme = schemeFor(LONG + ending);
      const salt = '$2b$05$X1g1nh3g0v4h6970O68cxe';
      const hash = await service.app.get(HashingPool).hash(scheme.inputFor(LONG + ending, salt), salt, BY_ITSELF);
      expect(KNOWN).toContainEqual([LONG + ending, scheme.write(hash)]);
    }
  });

  it('are plain bcrypt up to 72 bytes, and passlib’s bcrypt-sha256 beyond', async () => {
    for (const password of ['a', 'a'.repeat(72), '€'.repeat(24)]) {
      expect(await hasher.hash(password, BY_ITSELF)).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    }
    for (const password of ['a'.repeat(73), `${'€'.repeat(24)}x`, 'a'.repeat(1024)]) {
      expect(await hasher.hash(password, BY_ITSELF)).toMatch(
        /^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/,
      );
    }
  });

  it('tell passwords apart that differ in their last byte, of whatever length', async () => {
    for (const common of ['a'.repeat(70), 'a'.repeat(71), 'a'.repeat(72), '€'.repeat(24), 'a'.repeat(1023)]) {
      const stored = await hasher.hash(`${common}x`, BY_ITSELF);
      expect(await hasher.verify(`${common}x`, stored, BY_ITSELF)).toBe(true);
      for (const other of [`${common}y`, common, `${common}xx`])
        expect(await hasher.verify(other, stored, BY_ITSELF)).toBe(false);
    }
  });

  it('tell apart texts that only look alike: passwords are compared as they were typed', async () => {
    const stored = await hasher.hash('caf\u00e9 \u{1F511}', BY_ITSELF);
    expect(await hasher.verify('caf\u00e9 \u{1F511}', stored, BY_ITSELF)).toBe(true);
    for (const other of ['cafe\u0301 \u{1F511}', 'CAF\u00c9 \u{1F511}', 'caf\u00e9 \u{1F512}', 'caf\u00e9  \u{1F511}'])
      expect(await hasher.verify(other, stored, BY_ITSELF)).toBe(false);
  });

  it('have a salt of their own each', async () => {
    expect(await hasher.hash('Secret1234', BY_ITSELF)).not.toBe(await hasher.hash('Secret1234', BY_ITSELF));
  });

  for (const stored of RUBBISH) {
    it(`match nothing, with a line in the log, when they are ${JSON.stringify(stored)}`, async () => {
      const before = service.log.length;

      for (const password of ['', 'password', 'U*U*U*U*'])
        expect(await hasher.verify(password, stored, BY_ITSELF)).toBe(false);

      const lines = service.log.slice(before);
      expect(lines).toHaveLength(3);
      expect(lines.map(({ level, msg }) => [level, msg])).toEqual(lines.map(() => ['error', UNKNOWN_SCHEME]));
      if (stored) expect(JSON.stringify(lines)).not.toContain(stored.slice(0, 20));
    });
  }

  it('that are rubbish are answered as a wrong password', async () => {
    const client = new PairClient(service.url);
    const { person } = await client.newcomer();
    const usernameKey = person.username;
    await service.app.get(DataSource).getRepository(User).update({ usernameKey }, { passwordHash: RUBBISH[2] });

    expect(whole(await client.signIn(person))).toEqual(NO_ACTIVE_ACCOUNT);
  });
});

describe('Passwords longer than bcrypt reads, through HTTP', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  for (const length of [71, 72, 1023]) {
    it(`do not sign in for each other when byte ${length + 1} differs, or is one too many or too few`, async () => {
      const client = new PairClient(service.url);
      const common = 'a'.repeat(length);
      const person = newPerson(`${common}x`);
      expect((await client.register(person)).status).toBe(201);

      expect((await client.signIn(person)).status).toBe(200);
      const others = [`${common}y`, common, `${common}xx`].filter((password) => password.length <= 1024);
      for (const password of others)
        expect(whole(await client.signIn({ ...person, password }))).toEqual(NO_ACTIVE_ACCOUNT);
    });
  }
});

/** Records the costs of all hashes that comparisons take from now on, each as one piece of work of the pool. */
function recordCosts(pool: HashingPool): number[] {
  const costs: number[] = [];
  const compare = pool.compare.bind(pool);
  Object.assign(pool, {
    compare: (input: string, hash: string, caller: HashCaller, refusal: Partial<Comparison> = {}) => {
      for (const salt of [hash, ...(refusal.decoys ?? []).map((decoy) => decoy.salt)])
        costs.push(Number(salt.slice(4, 6)));
      return compare(input, hash, caller, refusal);
    },
  });
  return costs;
}

/** The work of comparisons, in units of a comparison at cost 0. */
function workOf(costs: number[]): number {
  return costs.reduce((sum, cost) => sum + 2 ** cost, 0);
}

async function storedHash(service: Service, { username }: Person): Promise<string> {
  const user = await service.app.get(DataSource).getRepository(User).findOneByOrFail({ usernameKey: username });
  return user.passwordHash;
}

/** A service whose cost was changed, with somebody whose password is still stored at the cost of before. */
async function afterChange(from: string, to: string, password?: string): Promise<{ service: Service; person: Person }> {
  const before = await startService({ BCRYPT_COST: from });
  const person = newPerson(password);
  await new PairClient(before.url).register(person);
  const service = await before.restart({ BCRYPT_COST: to });
  onTestFinished(() => service.stop());
  return { service, person };
}

describe('A refused sign-in', () => {
  it('costs the same whatever is stored, also after BCRYPT_COST was lowered', async () => {
    const { service, person: slow } = await afterChange('7', '4');
    const client = new PairClient(service.url);
    const { person: quick } = await client.newcomer();
    const long = newPerson('a'.repeat(100));
    await client.register(long);
    const costs = recordCosts(service.app.get(HashingPool));
    const work: Record<string, number> = {};
    for (const [who, person] of Object.entries({ slow, quick, long, nobody: newPerson() })) {
      costs.length = 0;
      expect(whole(await client.signIn({ ...person, password: 'WrongPassword1' }))).toEqual(NO_ACTIVE_ACCOUNT);
      work[who] = workOf(costs);
    }

    expect(work).toEqual({ slow: 128, quick: 128, long: 128, nobody: 128 });
  });

  it('is one piece of work, whatever is stored: who leaves before its end has not guessed for nothing', async () => {
    const { service, person } = await afterChange('4', '6');
    const pool = vi.spyOn(service.app.get(HashingPool), 'compare');
    for (const one of [person, newPerson()])
      await new PairClient(service.url).signIn({ ...one, password: 'WrongPassword1' });
    expect(pool).toHaveBeenCalledTimes(2);
  });

  it('costs one comparison when only one cost is in the store', async () => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const client = new PairClient(service.url);
    const { person } = await client.newcomer();
    const costs = recordCosts(service.app.get(HashingPool));
    await client.signIn({ ...person, password: 'WrongPassword1' });
    await client.signIn(newPerson());

    expect(costs).toEqual([4, 4]);
  });

  it('costs the same through every contract, also for a name that nobody can have', async () => {
    const { service } = await afterChange('6', '4');
    const [username, password] = ['nobody\u0007', 'WrongPassword1'];
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    const costs = recordCosts(service.app.get(HashingPool));
    const signIns = {
      cookie: () => send('POST', `${service.url}/cookie/users/login`, { body: { username, password1: password } }),
      'opaque-token': () =>
        send('POST', `${service.url}/opaque-token/login`, { body: { username: 'nobody', password } }),
      'bare-token': () =>
        send('POST', `${service.url}/bare-token/auth/login`, { body: { username: 'nobody', password } }),
      'token-pair': () => send('POST', `${service.url}/token-pair/auth/token`, form({ username: 'nobody', password })),
      basic: () =>
        send('POST', `${service.url}/basic/api/v1.0/login`, { headers: { authorization: `Basic ${basic}` } }),
    };

    for (const [contract, signIn] of Object.entries(signIns)) {
      costs.length = 0;
      const { status } = await signIn();
      expect([contract, status, workOf(costs)]).toEqual([contract, expect.any(Number), 64]);
    }
  });
});

describe('A sign-in after the cost was changed', () => {
  for (const [from, to] of [
    ['4', '6'],
    ['6', '4'],
  ] as const) {
    it(`brings what is stored from cost ${from} to cost ${to}`, async () => {
      const { service, person } = await afterChange(from, to);
      const client = new PairClient(service.url);
      expect(await storedHash(service, person)).toMatch(`$2b$0${from}$`);

      expect((await client.signIn(person)).status).toBe(200);

      const rehashed = await storedHash(service, person);
      expect(rehashed).toMatch(`$2b$0${to}$`);
      expect((await client.signIn(person)).status).toBe(200);
      expect(await storedHash(service, person)).toBe(rehashed);
      expect(whole(await client.signIn({ ...person, password: 'WrongPassword1' }))).toEqual(NO_ACTIVE_ACCOUNT);
    });
  }

  it('brings a long password to the new cost without cutting it', async () => {
    const password = 'a'.repeat(72);
    const { service, person } = await afterChange('4', '5', `${password}x`);
    const client = new PairClient(service.url);

    expect((await client.signIn(person)).status).toBe(200);

    expect(readStoredPassword(await storedHash(service, person))).toMatchObject({ cost: 5 });
    expect((await client.signIn(person)).status).toBe(200);
    for (const other of [password, `${password}y`])
      expect(whole(await client.signIn({ ...person, password: other }))).toEqual(NO_ACTIVE_ACCOUNT);
  });

  it('leaves what is stored alone when the password is wrong', async () => {
    const { service, person } = await afterChange('4', '5');
    const stored = await storedHash(service, person);

    await new PairClient(service.url).signIn({ ...person, password: 'WrongPassword1' });

    expect(await storedHash(service, person)).toBe(stored);
  });

  it('succeeds even when the hashing queue has no room for the rehash', async () => {
    const { service, person } = await afterChange('4', '5');
    const stored = await storedHash(service, person);
    Object.assign(service.app.get(HashingPool), {
      hash: () => Promise.reject(new AuthError('hashing_overloaded')),
    });

    expect((await new PairClient(service.url).signIn(person)).status).toBe(200);
    expect(await storedHash(service, person)).toBe(stored);
  });
});
