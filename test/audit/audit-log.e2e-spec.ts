import { readdirSync, readFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditEntry, BY_SERVICE } from '../../src/audit/audit-entry.js';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { Clock } from '../../src/config/clock.js';
import { bothEngines } from '../support/engines.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';

const DAY = 86_400;

describe.each(bothEngines('trail'))('The audit log on $engine', ({ settings, engine }) => {
  let service: Service;
  const accounts = { last: 1000 };

  beforeAll(async () => {
    service = await startService({ ...(await settings()), AUDIT_RETENTION_DAYS: '30' });
  });
  afterAll(() => service.stop());

  const log = (): AuditLog => service.app.get(AuditLog);

  /** Records so many events of an account of its own, numbered in their detail. */
  function record(count: number, more: object = {}): number {
    const accountId = ++accounts.last;
    for (let n = 0; n < count; n++)
      log().record({ kind: 'signed_out', from: BY_SERVICE, accountId, detail: { n }, ...more });
    return accountId;
  }

  async function numbers(accountId: number): Promise<number[]> {
    const rows = await service.app
      .get(DataSource)
      .getRepository(AuditEvent)
      .find({ where: { accountId }, order: { id: 'ASC' } });
    return rows.map(({ detail }) => (JSON.parse(detail ?? '{}') as { n: number }).n);
  }

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

  /** Lets the store fail while something is done. */
  async function whileTheStoreFails(act: () => Promise<void>): Promise<void> {
    const { manager } = service.app.get(DataSource);
    const createQueryBuilder = (): never => {
      throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    };
    Object.assign(manager, { createQueryBuilder });
    await act();
    Reflect.deleteProperty(manager, 'createQueryBuilder');
  }

  it('writes more than one statement takes, in the order in which it was recorded', async () => {
    const account = record(1203);
    await log().flush();
    expect(await numbers(account)).toEqual(upTo(1203));
  });

  it('loses nothing while the store fails, and writes each event once', async () => {
    let account = 0;
    await whileTheStoreFails(async () => {
      account = record(700);
      await log().flush();
      await log().flush();
    });
    expect(await numbers(account)).toEqual([]);
    await Promise.all([log().flush(), log().flush()]);
    await log().flush();
    expect(await numbers(account)).toEqual(upTo(700));
    // The two flushes failed alike.
    expect(service.log.filter(({ msg }) => msg === 'Audit events wait for the store.')).toHaveLength(1);
  });

  it('keeps 100,000 events while the store fails, and says how many were lost', async () => {
    const before = log().lostCount;
    await log().flush();
    await whileTheStoreFails(async () => {
      record(100_003);
      await log().flush();
      expect(log().waitingCount).toBe(100_000);
      // Writing them all would take seconds; that what waits is written is shown above.
      Object.assign(log(), { waiting: [] });
      record(1);
    });
    await log().flush();
    expect(log().lostCount - before).toBe(3);
    expect(service.log.find(({ msg }) => msg === 'Audit events were lost.')).toMatchObject({ dropped: 3 });
  });

  it('writes what waits when the service stops', async () => {
    const account = record(3);
    service = await service.restart();
    expect(await numbers(account)).toEqual(upTo(3));
  });

  it('removes events once they are as old as AUDIT_RETENTION_DAYS', async () => {
    const account = record(2);
    await log().flush();
    service.advance(30 * DAY - 60);
    await service.app.get(HousekeepingService).sweep();
    expect(await numbers(account)).toEqual(upTo(2));
    const later = record(1);
    await log().flush();
    service.advance(120);
    await service.app.get(HousekeepingService).sweep();
    expect([await numbers(account), await numbers(later)]).toEqual([[], [0]]);
  });

  /** How often each kind of refusal is told of at a door, row by row. */
  async function told(door: string): Promise<object[]> {
    await log().flush();
    const rows = await service.app
      .get(DataSource)
      .getRepository(AuditEvent)
      .find({ where: { door }, order: { id: 'ASC' } });
    return rows.map(({ kind, refusal, ip, count }) => ({ kind, refusal, ip, count }));
  }

  it('records the first refusal at once, and those like it of the next five minutes as one event with a count', async () => {
    const from = { ...BY_SERVICE, door: `alike on ${engine}`, ip: '192.0.2.1' };
    const refuse = (more: object = {}): void => {
      log().record({ kind: 'signed_in', from, accountId: 7, refusal: 'password_wrong', ...more });
    };
    const first = { kind: 'signed_in', refusal: 'password_wrong', ip: '192.0.2.1', count: 1 };
    const start = service.app.get(Clock).nowMs();
    await atTime(service, start, async () => {
      for (let n = 0; n < 50; n++) refuse();
      expect(await told(from.door)).toEqual([first]);
    });
    await atTime(service, start + 299_999, async () => {
      refuse({ from: { ...from, ip: '192.0.2.99' } });
      expect(await told(from.door)).toEqual([first]);
    });
    const others = { ...first, ip: '192.0.2.99', count: 50 };
    expect(await atTime(service, start + 300_000, () => told(from.door))).toEqual([first, others]);
    refuse();
    expect(await told(from.door)).toEqual([first, others, first]);
    service.advance(300);
    expect(await told(from.door)).toEqual([first, others, first]);
  });

  it.each([
    ['kind', { kind: 'pin_proved' }],
    ['code', { refusal: 'pin_locked' }],
    ['account', { accountId: 8 }],
    ['service client', { actor: 'svc_x' }],
    ['network', { from: { ...BY_SERVICE, ip: '192.0.3.1' } }],
  ])('tells refusals of another %s apart', async (what, other) => {
    const door = `${what} on ${engine}`;
    const one = {
      kind: 'signed_in',
      accountId: 7,
      refusal: 'password_wrong',
      from: { ...BY_SERVICE, ip: '192.0.2.1' },
    };
    for (const entry of [one, { ...one, ...other }])
      log().record({ ...entry, from: { ...entry.from, door } } as AuditEntry);
    expect(await told(door)).toHaveLength(2);
    service.advance(300);
    await log().flush();
  });

  it('counts the refusals of one who makes up names, and tells of none of the names but the first', async () => {
    const from = { ...BY_SERVICE, door: `names of ${engine}`, ip: '2001:db8:0:1::1' };
    for (let n = 0; n < 50; n++)
      log().record({ kind: 'signed_in', from, refusal: 'too_many_attempts', identifier: `name ${n}` });
    service.advance(300);
    expect(await told(from.door)).toMatchObject([{ count: 1 }, { count: 49 }]);
    const events = service.app.get(DataSource).getRepository(AuditEvent);
    const [first, others] = await events.find({ where: { door: from.door }, order: { id: 'ASC' } });
    expect([first?.identifierHash, others?.identifierHash]).toEqual([expect.any(String), null]);
  });

  it('tells of 40 kinds in five minutes from one site and of 1,200 from all, and says how many more there were', async () => {
    const door = `flood on ${engine}`;
    const refuse = (site: number, accountId: number): void => {
      const ip = `2001:db8:${site.toString(16)}:${accountId.toString(16)}::1`;
      log().record({ kind: 'signed_in', from: { ...BY_SERVICE, door, ip }, accountId, refusal: 'password_wrong' });
    };
    const omitted = async (): Promise<number[]> => {
      const events = service.app.get(DataSource).getRepository(AuditEvent);
      const rows = await events.find({ where: { kind: 'refusals_omitted' }, order: { id: 'ASC' } });
      return rows.map(({ count }) => count);
    };
    const before = (await omitted()).length;
    for (let accountId = 1; accountId <= 1000; accountId++) refuse(1, accountId);
    expect(await told(door)).toHaveLength(40);
    for (let site = 2; site <= 40; site++)
      for (let accountId = 1; accountId <= 40; accountId++) refuse(site, accountId);
    expect(await told(door)).toHaveLength(1200);
    service.advance(300);
    expect(await told(door)).toHaveLength(1200);
    expect((await omitted()).slice(before)).toEqual([960 + 39 * 40 - (1200 - 40)]);
    refuse(1, 1);
    expect(await told(door)).toHaveLength(1201);
    service.advance(300);
    await log().flush();
  });

  it('writes what it has counted before it stops', async () => {
    const from = { ...BY_SERVICE, door: `stop on ${engine}`, ip: '192.0.2.1' };
    for (let n = 0; n < 5; n++) log().record({ kind: 'signed_in', from, refusal: 'password_wrong' });
    service = await service.restart();
    expect(await told(from.door)).toMatchObject([{ count: 1 }, { count: 4 }]);
  });

  it('loses only the event that the store refuses', async () => {
    const good = record(2);
    log().record({ kind: 'signed_out', from: BY_SERVICE, accountId: 2 ** 40 });
    const further = record(2);
    await log().flush();
    expect([await numbers(good), await numbers(further)]).toEqual([upTo(2), upTo(2)]);
    const refused = service.log.filter(({ msg }) => msg === 'An audit event was refused by the store.');
    // SQLite stores any integer.
    expect(refused).toHaveLength(engine === 'PostgreSQL' ? 1 : 0);
  });
});

describe('The audit trail', () => {
  it('is changed by no statement: events are added, and removed by age', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const texts = sources.map((file) => readFileSync(`src/${file}`, 'utf8'));
    expect(texts.filter((text) => /UPDATE\s+audit_events|DELETE\s+FROM\s+audit_events/i.test(text))).toEqual([]);
    const log = readFileSync('src/audit/audit-log.ts', 'utf8');
    expect([...log.matchAll(/this\.events\s*\.(\w+)/g)].map(([, method]) => method)).toEqual(['createQueryBuilder']);
    expect(texts.filter((text) => /InjectRepository\(AuditEvent\)/.test(text))).toHaveLength(1);
  });
});
