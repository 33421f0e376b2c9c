import { setTimeout as wait } from 'node:timers/promises';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource, IsNull, Not, type ObjectLiteral, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuditEvent } from '../src/audit/audit-event.entity.js';
import { UsageDay } from '../src/audit/usage-day.entity.js';
import { KnownNetwork } from '../src/limits/known-network.entity.js';
import { WaitingMail } from '../src/mail/mail.entity.js';
import { Mailer } from '../src/mail/mailer.js';
import { MailsStore } from '../src/mail/mails.store.js';
import { RevocationFeed } from '../src/tokens/revocation-feed.js';
import { Session } from '../src/tokens/session.entity.js';
import { SigningKeysStore } from '../src/tokens/signing-keys.store.js';
import { User } from '../src/users/user.entity.js';
import { UsersService } from '../src/users/users.service.js';
import { bareToken } from './drivers/bare-token.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from './support/account.client.js';
import { BasicClient } from './support/basic.client.js';
import { type Hold, holdNext } from './support/hold.js';
import { send } from './support/http.js';
import { decode } from './support/jwt.js';
import { PairClient } from './support/pairs.js';
import { startPostgres } from './support/postgres.js';
import { type Environment, ON_SQLITE, type Service, startService } from './support/service.js';

const DAY = 86_400;

/** How many timers the service has. Each has a test here, which fails without it. */
const TIMERS = 13;

let service: Service;

/** Starts a service whose timers go only when a test lets a minute pass. */
async function start(env: Environment): Promise<void> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  service = await startService(env);
}

async function stop(): Promise<void> {
  await service.stop();
  vi.useRealTimers();
}

const passMinute = (): void => void vi.advanceTimersByTime(60_000);

const rows = <Row extends ObjectLiteral>(entity: new () => Row): Repository<Row> =>
  service.app.get(DataSource).getRepository(entity);

const client = new AccountClient(() => service, bareToken);

async function newcomer(): Promise<Holder & { readonly accountId: number; readonly sessionId: string }> {
  const holder = await client.newcomer();
  return { ...holder, ...(await idsOf(service, holder)) };
}

describe('the timers of the service', () => {
  beforeAll(() => start({ LIMITS: 'on' }));
  afterAll(stop);

  it('are as many as are tested here', () => {
    expect(service.app.get(SchedulerRegistry).getIntervals()).toHaveLength(TIMERS);
  });

  it('write the audit trail', async () => {
    const { accountId, person } = await newcomer();
    expect((await client.ask(bareToken.signIn({ ...person, password: 'Wrong1234' }))).status).toBe(401);
    const refusals = (): Promise<AuditEvent[]> => rows(AuditEvent).findBy({ accountId, refusal: 'password_wrong' });
    expect(await refusals()).toEqual([]);
    passMinute();
    await expect.poll(refusals).toEqual([expect.objectContaining({ kind: 'signed_in', door: 'bare-token' })]);
  });

  it('write how much each contract is used', async () => {
    const signIns = async (): Promise<number> =>
      (await rows(UsageDay).findBy({ contract: 'bare-token' })).reduce((sum, day) => sum + day.signIns, 0);
    const before = await signIns();
    await client.newcomer();
    expect(await signIns()).toBe(before);
    passMinute();
    await expect.poll(signIns).toBeGreaterThan(before);
  });

  it('write when accounts signed in last', async () => {
    const { accountId } = await newcomer();
    const lastSignIn = async (): Promise<Date | null> =>
      (await rows(User).findOneByOrFail({ id: accountId })).lastSignInAt;
    expect(await lastSignIn()).toBeNull();
    passMinute();
    await expect.poll(lastSignIn).toEqual(expect.any(Date));
  });

  it('write from which networks accounts signed in', async () => {
    const { accountId } = await newcomer();
    const networks = async (): Promise<string[]> =>
      (await rows(KnownNetwork).findBy({ userId: accountId })).map(({ network }) => network);
    expect(await networks()).toEqual([]);
    passMinute();
    await expect.poll(async () => (await networks()).sort()).toEqual(['127.0.0.0/24', '127.0.0.1']);
  });

  it('write when sessions were used last', async () => {
    const { sessionId, ...holder } = await newcomer();
    passMinute();
    const lastSeen = async (): Promise<number> =>
      (await rows(Session).findOneByOrFail({ id: sessionId })).lastSeenAt.getTime();
    const before = await lastSeen();
    service.advance(61);
    expect((await askAs(service, holder, 'GET', '/account')).status).toBe(200);
    expect(await lastSeen()).toBe(before);
    passMinute();
    await expect.poll(lastSeen).toBeGreaterThan(before + 60_000);
  });

  it('remove an account that nobody verified', async () => {
    const { tokens } = await new BasicClient(`${service.url}/basic`).newcomer();
    const id = Number(decode(tokens.access_token).claims.sub);
    service.advance(8 * DAY);
    const here = (): Promise<number> => rows(User).countBy({ id, deletedAt: IsNull() });
    expect(await here()).toBe(1);
    passMinute();
    await expect.poll(here).toBe(0);
  });

  it('ask the mail server again what it offers', () => {
    const asked = vi.spyOn(service.app.get(Mailer), 'offersSmtpUtf8');
    service.advance(3601);
    passMinute();
    expect(asked).toHaveBeenCalledOnce();
  });

  it('send a mail that somebody else put into the store, and count those that wait', async () => {
    const to = 'somebody@example.com';
    const notice = { kind: 'notice', to, what: 'PIN', at: new Date().toISOString(), ip: null };
    expect(await service.app.get(MailsStore).add(notice, { owner: 'somebody', to, from: null })).toBe(true);
    const counted = vi.spyOn(service.app.get(MailsStore), 'count');
    passMinute();
    expect(counted).toHaveBeenCalled();
    await expect.poll(() => rows(WaitingMail).countBy({ sealed: Not('') })).toBe(0);
  });

  it('record that a refresh token was used again within the grace time', async () => {
    const pairs = new PairClient(service.url);
    const { pair } = await pairs.newcomer();
    for (let times = 0; times < 2; times++) expect((await pairs.refresh(pair.refresh)).status).toBe(200);
    const repeated = (): Promise<number> => rows(AuditEvent).countBy({ kind: 'refresh_token_repeated' });
    service.advance(11);
    expect(await repeated()).toBe(0);
    passMinute();
    await expect.poll(repeated).toBe(1);
  });

  it('notice a key that somebody else published', async () => {
    const keys = service.app.get(SigningKeysStore);
    const kid = await keys.publish(new Date(Date.now() + DAY * 1000), await keys.all());
    const published = async (): Promise<unknown> => {
      const { json } = await send('GET', `${service.url}/.well-known/jwks.json`);
      return (json as { keys: { kid: string }[] }).keys.map((key) => key.kid);
    };
    expect(await published()).not.toContain(kid);
    passMinute();
    await expect.poll(published).toContain(kid);
  });
});

describe('the timers of the service on PostgreSQL', () => {
  beforeAll(async () => start(await (await startPostgres()).createDatabase('timers')));
  afterAll(stop);

  /** Has the service look now: a request that comes seconds after the last look looks too, and so does a line just laid. */
  async function look(): Promise<void> {
    const feed = service.app.get(RevocationFeed);
    await expect.poll(() => feed.isListening).toBe(true);
    await feed.poll();
  }

  it('notice a session that somebody else revoked', async () => {
    const { sessionId, ...holder } = await newcomer();
    const status = async (): Promise<number> => (await askAs(service, holder, 'GET', '/account')).status;
    await look();
    await rows(Session).update({ id: sessionId }, { revokedAt: new Date(), revokedBecause: 'signed_out' });
    expect(await status()).toBe(200);
    passMinute();
    await expect.poll(status).toBe(401);
  });

  it('notice one whose revocation took minutes to be committed', async () => {
    const { sessionId, ...holder } = await newcomer();
    const status = async (): Promise<number> => (await askAs(service, holder, 'GET', '/account')).status;
    const revokedAt = new Date(Date.now() - 10 * 60_000);
    await look();
    await rows(Session).update({ id: sessionId }, { revokedAt, revokedBecause: 'signed_out' });
    expect(await status()).toBe(200);
    passMinute();
    await expect.poll(status).toBe(401);
  });
});

describe('a service that stops', () => {
  it.each([
    ['a look after the keys', (): Hold => holdNext(service.app.get(SigningKeysStore), 'all', 'before')],
    ['a round of housekeeping', (): Hold => holdNext(service.app.get(UsersService), 'pendingSince', 'before')],
  ])('waits for %s that a timer began', async (_what, hold) => {
    await start(ON_SQLITE);
    const store = service.app.get(DataSource);
    const { reached, release } = hold();
    passMinute();
    await reached;

    const stopping = stop();
    // Time to close the store, which must stay open for what is under way.
    for (let looks = 0; store.isInitialized && looks < 100; looks++) await wait(1);
    release();
    await stopping;

    await wait(0);
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
