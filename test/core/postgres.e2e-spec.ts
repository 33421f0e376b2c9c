import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SigningKey } from '../../src/tokens/signing-key.entity.js';
import { EpochsService } from '../../src/users/epochs.service.js';
import { User } from '../../src/users/user.entity.js';
import { BasicClient, LOGIN_FAILED, outcome, signedIn, UNVERIFIED } from '../support/basic.client.js';
import { CookieClient, refused as refusedByCookie } from '../support/cookie.client.js';
import { type Answer, send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { DONE, OpaqueTokenClient, refused, told, UNAUTHORIZED } from '../support/opaque-token.client.js';
import { confirm, mailsTo } from '../support/outbox.js';
import { IN_BODY, IN_HEADER, PairClient, pairOf } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { type Postgres, startPostgres, waiting } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const DAY = 86_400;

/** Far longer than fifty refreshes take: the database tells here when it ends. */
const GRACE = 600;

let postgres: Postgres;
let service: Service;
let pairs: PairClient;
let opaque: OpaqueTokenClient;

function meet(started: Service): void {
  service = started;
  pairs = new PairClient(service.url);
  opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);
}

beforeAll(async () => {
  postgres = await startPostgres();
  meet(await startService({ ...(await postgres.createDatabase('latchkey')), REFRESH_GRACE: `${GRACE}s` }));
});
afterAll(async () => {
  await service.stop();
  await postgres.stop();
});

function countByStatus(answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('Accounts on PostgreSQL', () => {
  it('are made once of twenty parallel registrations, also in another case', async () => {
    const person = newPerson();
    const names = Array.from({ length: 20 }, (_, index) =>
      index % 2 ? person.username : person.username.toUpperCase(),
    );

    const answers = await Promise.all(names.map((username) => pairs.register({ ...person, username })));

    expect(countByStatus(answers)).toEqual({ 201: 1, 409: 19 });
    expect((await pairs.signIn(person)).status).toBe(200);
  });

  it('take no name or address that is taken, and say which', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person } = await cookie.newcomer();
    const users = service.app.get(DataSource).getRepository(User);
    await users.update({ usernameKey: person.username }, { emailVerifiedAt: new Date() });
    const other = newPerson(person.password);

    expect(whole(await cookie.register({ ...other, username: person.username }))).toEqual(
      refusedByCookie(409, 'username is taken'),
    );
    expect(whole(await cookie.register({ ...other, email: person.email.toUpperCase() }))).toEqual(
      refusedByCookie(409, 'email is taken'),
    );
  });

  it('note when they signed in last', async () => {
    const { person } = await pairs.newcomer();
    await service.app.get(LastSignIns).flush();

    const user = await service.app
      .get(DataSource)
      .getRepository(User)
      .findOneByOrFail({ usernameKey: person.username });
    expect(user.lastSignInAt?.getTime()).toBeGreaterThanOrEqual(user.createdAt.getTime());
  });
});

describe('Refresh on PostgreSQL', () => {
  it('answers fifty requests for one successor with the same, and the predecessor too within the grace time', async () => {
    const { pair } = await pairs.newcomer();

    const answers = await Promise.all(Array.from({ length: 50 }, () => pairs.refresh(pair.refresh)));

    const successors = new Set(answers.map((answer) => pairOf(answer).refresh));
    expect(successors.size).toBe(1);
    service.advance(GRACE - 60);
    expect(pairOf(await pairs.refresh(pair.refresh)).refresh).toBe([...successors][0]);
  });

  it('ends the session over a token that comes back after the grace time', async () => {
    const { pair } = await pairs.newcomer();
    const successor = pairOf(await pairs.refresh(pair.refresh));
    service.advance(GRACE + 1);

    expect(whole(await pairs.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);
    expect(whole(await pairs.refresh(successor.refresh))).toEqual(IN_BODY.blacklisted);
    expect(whole(await pairs.getUser(successor.access))).toEqual(IN_HEADER.notValid);
  });
});

describe('Ending sessions on PostgreSQL', () => {
  it('ends those of every contract at once, and again after a restart', async () => {
    const { person, pair } = await pairs.newcomer();
    const [token, other] = [await opaque.session(person), await opaque.session(person)];

    expect(told(await opaque.changePassword(token, person.password, 'OtherPassword1'))).toEqual(DONE);

    expect(told(await opaque.use(other))).toEqual(UNAUTHORIZED);
    expect(told(await opaque.use(token))).toEqual(refused(400, 'Incorrect old password'));
    expect(told(await opaque.clearTokens(token))).toEqual(DONE);
    for (const again of [false, true]) {
      if (again) meet(await service.restart());
      expect(whole(await pairs.getUser(pair.access))).toEqual(IN_HEADER.notValid);
      expect(whole(await pairs.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);
      expect(told(await opaque.use(token))).toEqual(UNAUTHORIZED);
    }
    expect((await pairs.signIn({ ...person, password: 'OtherPassword1' })).status).toBe(200);
  });

  it('catches a session that is being opened at that very moment: the account is locked for it', async () => {
    const { person, pair } = await pairs.newcomer();
    const database = await postgres.connect('latchkey');
    onTestFinished(() => database.end());
    await database.query(`SELECT pg_advisory_lock(1);
      CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END';
      CREATE TRIGGER hold BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION hold()`);
    const signingIn = pairs.signIn(person);
    await waiting(database, 'advisory');

    const clearing = service.app.get(RevocationService).clearTokens(decode(pair.access).claims.user_id as number);
    await Promise.race([clearing, waiting(database, 'transactionid', 'tuple')]);
    await database.query('SELECT pg_advisory_unlock(1)');
    await clearing;
    await database.query('DROP FUNCTION hold CASCADE');

    const opened = pairOf(await signingIn);
    expect(whole(await pairs.getUser(opened.access))).toEqual(IN_HEADER.notValid);
    expect(whole(await pairs.refresh(opened.refresh))).toEqual(IN_BODY.blacklisted);
  });

  it('refuses a sign-in that waited for the account to be cleared', async () => {
    const { person, pair } = await pairs.newcomer();
    const database = await postgres.connect('latchkey');
    onTestFinished(() => database.end());
    await database.query('BEGIN');
    const id = decode(pair.access).claims.user_id;
    await database.query('UPDATE users SET security_epoch = security_epoch + 1 WHERE id = $1', [id]);

    const signingIn = pairs.signIn(person);
    await waiting(database, 'transactionid');
    await database.query('COMMIT');

    expect((await signingIn).status).toBe(401);
    expect(
      await service.app
        .get(DataSource)
        .getRepository(Session)
        .countBy({ userId: id as number }),
    ).toBe(1);
  });

  it('is finished by housekeeping when a crash cut it short, and rows are swept', async () => {
    const { pair } = await pairs.newcomer();
    const { pair: deleted } = await pairs.newcomer();
    const epochs = service.app.get(EpochsService);
    await epochs.advance(decode(pair.access).claims.user_id as number, 'tokens_cleared');
    await epochs.deactivate(decode(deleted.access).claims.user_id as number, 'account_deleted');
    service.advance(60);

    await service.app.get(HousekeepingService).sweep();

    // Nobody told this instance what the statements did, so it learns of it from the database.
    await expect.poll(async () => whole(await pairs.getUser(pair.access))).toEqual(IN_HEADER.notValid);
    await expect.poll(async () => whole(await pairs.getUser(deleted.access))).toEqual(IN_HEADER.gone);
    service.advance(32 * DAY);
    await service.app.get(HousekeepingService).sweep();
    expect(await service.app.get(DataSource).getRepository(Session).count()).toBe(0);
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('E-mail verification on PostgreSQL', () => {
  it('keeps an account pending until its link is confirmed, and mails one link in five minutes', async () => {
    const basic = new BasicClient(`${service.url}/basic`);
    const { person, tokens } = await basic.newcomer();
    expect(outcome(await basic.login(person))).toEqual(UNVERIFIED);
    expect(outcome(await basic.refresh(tokens.refresh_token))).toMatchObject({ status: 403 });
    expect(outcome(await basic.login({ ...person, password: 'WrongPassword1' }))).toEqual(LOGIN_FAILED);
    expect(await mailsTo(service, person.email)).toHaveLength(1);
    service.advance(301);
    const resend = (): Promise<Answer> =>
      send('POST', `${service.url}/verify/resend`, { body: { email: person.email } });
    await Promise.all(Array.from({ length: 10 }, resend));
    expect(await mailsTo(service, person.email)).toHaveLength(2);

    expect((await confirm(service, person.email)).status).toBe(200);
    expect((await confirm(service, person.email)).status).toBe(410);

    expect(outcome(await basic.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    expect((await basic.refresh(tokens.refresh_token)).status).toBe(200);
    expect((await pairs.signIn({ ...person, username: person.email })).status).toBe(200);
  });

  it('sweeps accounts that stay pending', async () => {
    const basic = new BasicClient(`${service.url}/basic`);
    const { person } = await basic.newcomer();
    service.advance(7 * DAY + 60);

    await service.app.get(HousekeepingService).sweep();

    expect(outcome(await basic.register(person))).toMatchObject({ status: 200 });
  });
});

describe('PINs on PostgreSQL', () => {
  it('are set, proved, locked after five failures, and unlocked after fifteen minutes', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person, token } = await cookie.newcomer();
    expect((await cookie.setPin(token, { pin: '1234' })).status).toBe(200);
    service.advance(601);
    expect((await cookie.setPin(token, { pin: '5678' })).status).toBe(401);

    const tries = await Promise.all(
      Array.from({ length: 8 }, () => cookie.setPin(token, { pin: '5678' }, { 'x-pin': '0000' })),
    );

    expect(countByStatus(tries)).toEqual({ 401: 5, 429: 3 });
    expect((await cookie.setPin(token, { pin: '5678' }, { 'x-pin': '1234' })).status).toBe(429);
    service.advance(900);
    const later = await cookie.session(person);
    service.advance(601);
    expect((await cookie.setPin(later, { pin: '5678' }, { 'x-pin': '1234' })).status).toBe(200);
    expect((await cookie.setPin(later, { pin: '9012' })).status).toBe(200);
  });
});

describe('A start on another database of before', () => {
  it('finds accounts, sessions and keys, hashing cost changed or not', async () => {
    const { person, pair } = await pairs.newcomer();
    const { kid } = service.app.get(KeyRing).signer;

    meet(await service.restart({ BCRYPT_COST: '5' }));

    expect(service.app.get(KeyRing).signer.kid).toBe(kid);
    expect(whole(await pairs.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });
    expect((await pairs.refresh(pair.refresh)).status).toBe(200);
    expect((await pairs.signIn(person)).status).toBe(200);
    const user = await service.app
      .get(DataSource)
      .getRepository(User)
      .findOneByOrFail({ usernameKey: person.username });
    expect(user.passwordHash).toMatch(/^\$2b\$05\$/);
  });
});

// Last, as Passport keeps its strategies by process: with two services in one, both use those of the later.
describe('Two services that start together on an empty database', () => {
  it('make one schema and one key, and accept the tokens of each other', async () => {
    const env = await postgres.createDatabase('empty');
    const both = await Promise.all([startService(env), startService(env)]);
    onTestFinished(async () => void (await Promise.all(both.map((one) => one.stop()))));
    const [first, second] = both.map(({ url }) => new PairClient(url)) as [PairClient, PairClient];

    const { person, pair } = await first.newcomer();

    expect(whole(await second.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });
    const successor = pairOf(await second.refresh(pair.refresh));
    expect(pairOf(await first.refresh(pair.refresh)).refresh).toBe(successor.refresh);
    expect(await both[0]?.app.get(DataSource).getRepository(SigningKey).count()).toBe(1);
  });
});
