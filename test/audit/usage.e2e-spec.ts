import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Usage } from '../../src/audit/usage.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient } from '../support/account.client.js';
import { type Admin, newAdmin } from '../support/admins.js';
import { PairClient } from '../support/pairs.js';
import { bothEngines } from '../support/engines.js';
import { invalidFields } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const DAY = 86_400;

interface Day {
  readonly day: string;
  readonly contract: string;
}

describe.each(bothEngines('usage'))('GET /admin/usage on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;
  /** The first day of the test, moved on by so many days. */
  let day: (later: number) => string;

  beforeAll(async () => {
    service = await startService({ ...(await settings()), ACCESS_TOKEN_TTL: '86400' });
    // At noon of tomorrow, so that no midnight passes meanwhile.
    const noonMs = (Math.floor(Date.now() / 1000 / DAY) + 1.5) * DAY * 1000;
    service.advance(Math.round((noonMs - Date.now()) / 1000));
    day = (later) => new Date(noonMs + later * DAY * 1000).toISOString().slice(0, 10);
  });
  afterAll(() => service.stop());

  async function days(query = ''): Promise<Day[]> {
    return ((await admin.get(`/admin/usage?${query}`)).json as { days: Day[] }).days;
  }

  it('counts registrations, sign-ins, refreshes and requests of each contract on each day', async () => {
    for (const driver of DRIVERS) await new AccountClient(() => service, driver).newcomer();
    service.advance(DAY);
    const pairs = new PairClient(service.url);
    const { person, pair } = await pairs.newcomer();
    await pairs.signIn(person);
    await pairs.signIn({ ...person, password: 'Wrong1234' });
    await pairs.refresh(pair.refresh);
    admin = await newAdmin(service);

    const of = (
      contract: string,
      registrations: number,
      sign_ins: number,
      refreshes: number,
      requests: number,
    ): object => ({
      contract,
      registrations,
      sign_ins,
      refreshes,
      requests,
    });
    const found = await days();
    expect(found).toEqual([
      { day: day(1), ...of('token-pair', 2, 3, 1, 5) },
      { day: day(0), ...of('bare-token', 1, 2, 0, 2) },
      { day: day(0), ...of('basic', 1, 2, 0, 2) },
      { day: day(0), ...of('cookie', 1, 1, 0, 2) },
      { day: day(0), ...of('opaque-token', 1, 1, 0, 2) },
      { day: day(0), ...of('token-pair', 1, 2, 0, 2) },
    ]);
  });

  it('answers the days that are asked for, both included, and the last 30 if none are', async () => {
    admin = await newAdmin(service);
    const store = service.app.get(DataSource);
    for (const later of [-40, -29, -28, -27])
      await store.query(
        `INSERT INTO usage_days (day, contract, registrations, sign_ins, refreshes, requests)
         VALUES ('${day(later)}', 'cookie', 0, 0, 0, 1)`,
      );
    const dates = async (query: string): Promise<string[]> => [...new Set((await days(query)).map((one) => one.day))];
    expect(await dates(`to=${day(-1)}`)).toEqual([day(-27), day(-28), day(-29)]);
    expect(await dates(`from=${day(-28)}&to=${day(-27)}`)).toEqual([day(-27), day(-28)]);
    expect(await dates(`from=${day(-40)}&to=${day(-40)}`)).toEqual([day(-40)]);
    expect(await dates(`from=${day(-40)}&to=${day(-41)}`)).toEqual([]);
    expect(await dates('')).not.toContain(day(-40));
  });

  it('refuses what is no day, and too many days', async () => {
    admin = await newAdmin(service);
    const NO_DAY = 'Must be a day as YYYY-MM-DD.';
    for (const text of ['2026-02-30', '2026-1-1', 'x', '2026-01-01T00:00:00Z']) {
      expect(whole(await admin.get(`/admin/usage?from=${text}`))).toEqual(invalidFields(['from', NO_DAY]));
      expect(whole(await admin.get(`/admin/usage?to=${text}`))).toEqual(invalidFields(['to', NO_DAY]));
    }
    expect((await admin.get('/admin/usage?from=2024-01-01&to=2024-12-31')).status).toBe(200);
    expect(whole(await admin.get('/admin/usage?from=2024-01-01&to=2025-01-01'))).toEqual(
      invalidFields(['to', 'Must not be more than 366 days from the first day.']),
    );
  });

  it('loses no count while the store fails, and ends a flush all the same', async () => {
    admin = await newAdmin(service);
    const store = service.app.get(DataSource);
    await store.query('ALTER TABLE usage_days RENAME TO usage_days_away');
    const usage = service.app.get(Usage);
    for (let n = 0; n < 3; n++) {
      usage.count('sixth', 'sign_ins');
      await usage.flush();
    }
    await store.query('ALTER TABLE usage_days_away RENAME TO usage_days');
    const found = await days();
    expect(found.filter(({ contract }) => contract === 'sixth')).toMatchObject([{ sign_ins: 3 }]);
  });
});
