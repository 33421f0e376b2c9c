import { once } from 'node:events';
import { request as nodeRequest } from 'node:http';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { UsageDay } from '../../src/audit/usage-day.entity.js';
import { Usage } from '../../src/audit/usage.js';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { BY_ITSELF, HashingPool } from '../../src/users/hashing-pool.js';
import { DRIVERS } from '../drivers/index.js';
import { figure, metricsOf, parseMetrics } from '../support/exposition.js';
import { send } from '../support/http.js';
import { PairClient } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

const REQUESTS = 'latchkey_http_request_duration_seconds';
const COUNT = `${REQUESTS}_count`;
const DAY = 86_400;

let service: Service;
let pairs: PairClient;

beforeAll(async () => {
  service = await startService({ KEY_ROTATION_DAYS: '30' });
  pairs = new PairClient(service.url);
});
afterAll(() => service.stop());

/** How much a figure rises while something is done. A request is counted a moment after its answer. */
async function rises(act: () => Promise<unknown>, name: string, labels = {}): Promise<(by: number) => Promise<void>> {
  const before = figure(await metricsOf(service), name, labels);
  await act();
  return async (by) => {
    await expect.poll(async () => figure(await metricsOf(service), name, labels) - before).toBe(by);
  };
}

describe('The metrics', () => {
  it('names its metrics by the conventions, and says what runs', async () => {
    const families = await metricsOf(service);
    for (const [name, { type }] of families) {
      if (!name.startsWith('latchkey_')) expect(name).toMatch(/^(process|nodejs)_/);
      else if (type === 'counter') expect(name).toMatch(/_total$/);
      else expect(name).not.toMatch(/_(total|count|sum|bucket)$/);
    }
    expect(families.get('latchkey_build_info')?.samples).toEqual([
      {
        name: 'latchkey_build_info',
        labels: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string, node_version: process.version },
        value: 1,
      },
    ]);
    expect(families.get('nodejs_eventloop_lag_p99_seconds')?.samples).toHaveLength(1);
  });
});

describe('requests', () => {
  it('are counted by method, route, contract and status, with their latency', async () => {
    const labels = { method: 'POST', route: '/bare-token/auth/login', contract: 'bare-token', status: '401' };
    const by = await rises(() => send('POST', `${service.url}/auth/login`, { body: newPerson() }), COUNT, labels);
    await by(1);
    const name = 'latchkey_http_request_duration_seconds_sum';
    expect(figure(await metricsOf(service), name, labels)).toBeGreaterThan(0);
  });

  it.each([
    ['a path of no route', 'GET', '/nothing/at?all=1', { route: 'unknown', contract: 'native', status: '404' }],
    ['a path of no route below a contract', 'GET', '/auth/nothing', { route: 'unknown', contract: 'bare-token' }],
    ['a path that cannot be decoded', 'GET', '/auth/%ZZ', { route: 'unknown', contract: 'bare-token', status: '400' }],
    ['a parameter', 'GET', '/verify/some-token', { route: '/verify/:token', contract: 'native', status: '410' }],
    ['a strange method', 'PROPFIND', '/auth/login', { method: 'other', route: 'unknown', status: '405' }],
  ])('with %s keep it out of the labels', async (_what, method, path, labels) => {
    await (
      await rises(() => send(method, service.url + path), COUNT, labels)
    )(1);
  });

  it('by different strange methods are of one series', async () => {
    const labels = { method: 'other', route: 'unknown', contract: 'cookie', status: '405' };
    const ask = (method: string): Promise<unknown> => send(method, `${service.url}/cookie/users/login`);
    await (
      await rises(() => Promise.all(['PROPFIND', 'MKCOL', 'LOCK'].map(ask)), COUNT, labels)
    )(3);
    const { samples = [] } = (await metricsOf(service)).get(REQUESTS) ?? {};
    const counts = samples.filter(
      ({ name, labels: { route, contract } }) => name === COUNT && route === 'unknown' && contract === 'cookie',
    );
    expect(counts.map((sample) => sample.labels)).toEqual([labels]);
  });

  it('leave nothing in the labels that their callers made up', async () => {
    const { person, pair } = await pairs.newcomer();
    const canary = `canary${person.username}`;
    const hostile = `${canary}"\\},x="1`;
    await pairs.getUser(pair.access);
    await pairs.signIn({ ...person, username: canary });
    await send('POST', `${service.url}/oauth/introspect`, { headers: { authorization: `Basic ${canary}` } });
    const before = await metricsOf(service);
    for (let i = 0; i < 20; i++) {
      const headers = { 'x-request-id': canary, 'user-agent': hostile, 'auth-contract': hostile };
      await send('GET', `${service.url}/${canary}/${i}?token=${canary}`, { headers });
      await send('GET', `${service.url}/auth/${canary}${i}`, { headers });
      await send('GET', `${service.url}/verify/${canary}${i}`, { headers });
      await send('GET', `${service.url}/docs/${canary}${i}/openapi.json`, { headers });
    }
    const text = await service.app.get(Metrics).text();
    const after = parseMetrics(text);
    for (const secret of [person.username, person.password, pair.access, pair.refresh, canary, '127.0.0.1'])
      expect(text).not.toContain(secret);
    const series = (families: typeof after): number => families.get(REQUESTS)?.samples.length ?? 0;
    // At most one more for each kind of path, of 17 figures each.
    expect(series(after) - series(before)).toBeLessThanOrEqual(4 * 17);
  });

  it('count as use of their contract, but not preflights, questions for the health and paths of no route', async () => {
    const usage = service.app.get(Usage);
    const used = async (): Promise<Record<string, number>> => {
      await usage.flush();
      const rows = await service.app.get(DataSource).getRepository(UsageDay).find();
      return Object.fromEntries(rows.map(({ contract, requests }) => [contract, requests]));
    };
    await send('GET', `${service.url}/health`);
    await send('OPTIONS', `${service.url}/cookie/users/login`);
    await send('GET', `${service.url}/opaque-token/nothing`);
    await send('POST', `${service.url}/basic/api/v1.0/login`);
    await expect.poll(used).toMatchObject({ basic: 1 });
    expect(await used()).not.toHaveProperty('cookie');
    expect(await used()).not.toHaveProperty('opaque-token');
  });

  it('are counted when their client goes away', async () => {
    const labels = { route: '/bare-token/auth/login', status: 'aborted' };
    const by = await rises(
      async () => {
        const headers = { 'content-length': '1000' };
        const aborted = nodeRequest(`${service.url}/auth/login`, { method: 'POST', headers });
        aborted.on('error', () => undefined);
        aborted.write('{"username":');
        await once(service.app.getHttpServer(), 'request');
        aborted.destroy();
      },
      COUNT,
      labels,
    );
    await by(1);
  });
});

describe('sessions', () => {
  it('are counted when they are refreshed, and when a refresh token is used twice', async () => {
    const { pair } = await pairs.newcomer();
    const contract = 'token-pair';
    const refreshes = await rises(() => pairs.refresh(pair.refresh), 'latchkey_refreshes_total', { contract });
    await refreshes(1);
    service.advance(60);
    const reuses = await rises(() => pairs.refresh(pair.refresh), 'latchkey_refresh_reuses_total', { contract });
    await reuses(1);
    await refreshes(1);
  });
});

describe('the state of the parts', () => {
  it('has hashes that wait and run, and how long they did', async () => {
    const pool = service.app.get(HashingPool);
    const before = await metricsOf(service);
    const salt = `$2b$10$${'a'.repeat(22)}`;
    const hashes = [1, 2, 3].map(() => pool.hash('password', salt, BY_ITSELF));
    // Not over HTTP, which may take longer than the hashes.
    const during = parseMetrics(await service.app.get(Metrics).text());
    await Promise.all(hashes);
    const after = await metricsOf(service);
    const names = ['latchkey_hash_queue_length', 'latchkey_hash_threads_busy', 'latchkey_hash_threads'];
    expect(names.map((name) => figure(during, name))).toEqual([2, 1, 1]);
    expect(names.map((name) => figure(after, name))).toEqual([0, 0, 1]);
    for (const name of ['latchkey_hash_wait_seconds', 'latchkey_hash_duration_seconds']) {
      expect(figure(after, `${name}_count`) - figure(before, `${name}_count`)).toBe(3);
      expect(figure(after, `${name}_sum`) - figure(before, `${name}_sum`)).toBeGreaterThan(0.01);
    }
  });

  it('has the revocation list, whose feed has an age where there may be other instances', async () => {
    const { pair } = await pairs.newcomer();
    const name = 'latchkey_revocation_list_size';
    const by = await rises(() => pairs.refresh(pair.refresh).then(() => reuse(pair.refresh)), name);
    await by(1);
    const age = figure(await metricsOf(service), 'latchkey_revocation_feed_age_seconds');
    if (inject('engine') === 'SQLite') expect(age).toBe(0);
    else expect(age).toBeLessThan(5);
  });

  async function reuse(token: string): Promise<unknown> {
    service.advance(60);
    return pairs.refresh(token);
  }

  it('has audit events that wait, and those that were lost', async () => {
    const audit = service.app.get(AuditLog);
    await audit.flush();
    const failing = vi.spyOn(service.app.get(DataSource), 'createQueryRunner').mockImplementation(() => {
      throw new Error('refused');
    });
    audit.record({ kind: 'signed_out', from: { door: 'cookie', ip: null, userAgent: undefined, requestId: null } });
    // Not over HTTP: the events must not be written meanwhile.
    const text = await service.app.get(Metrics).text();
    await audit.flush();
    failing.mockRestore();
    const families = await metricsOf(service);
    expect(figure(parseMetrics(text), 'latchkey_audit_events_waiting')).toBe(1);
    expect(figure(families, 'latchkey_audit_events_waiting')).toBe(0);
    expect(figure(families, 'latchkey_audit_events_dropped_total')).toBe(1);
  });
});

describe('a service of its own', () => {
  it('counts by contract from zero, before anything happens', async () => {
    const fresh = await startService();
    const families = await metricsOf(fresh);
    await fresh.stop();
    for (const name of ['sign_ins', 'sessions_opened', 'refreshes', 'refresh_reuses']) {
      const { samples = [] } = families.get(`latchkey_${name}_total`) ?? {};
      expect(Object.fromEntries(samples.map(({ labels, value }) => [labels.contract, value]))).toEqual(
        Object.fromEntries(DRIVERS.map((driver) => [driver.name, 0])),
      );
    }
  });

  it('has the age of the signing key and the turn of the next, past a rotation too', async () => {
    const other = await startService({ KEY_ROTATION_DAYS: '30' });
    const read = async (): Promise<number[]> => {
      const families = await metricsOf(other);
      const days = ['latchkey_signing_key_age_seconds', 'latchkey_signing_key_successor_seconds'].map((name) =>
        Math.round(figure(families, name) / DAY),
      );
      return [...days, figure(families, 'latchkey_signing_keys', { algorithm: 'ES256' })];
    };
    const rotation = other.app.get(KeyRotationService);
    const failing = vi.spyOn(rotation, 'keepUp').mockResolvedValue();
    expect(await read()).toEqual([0, 30, 1]);
    other.advance(32 * DAY);
    expect(await read()).toEqual([32, -2, 1]);
    failing.mockRestore();
    await rotation.keepUp();
    expect(await read()).toEqual([32, 0, 2]);
    other.advance(DAY / 4);
    expect(await read()).toEqual([0, 30, 2]);
    await other.stop();
  });

  it('shares no figure between two services of one process', async () => {
    const other = await startService();
    await send('POST', `${other.url}/auth/login`, { body: newPerson() });
    await expect.poll(async () => figure(await metricsOf(other), COUNT, { status: '401' })).toBe(1);
    expect(figure(await metricsOf(other), 'latchkey_sign_ins_total')).toBe(1);
    await other.stop();
    expect((await metricsOf(service)).size).toBeGreaterThan(40);
  });

  it('is answered while the database is closed', async () => {
    const closed = await startService();
    await closed.app.get(DataSource).destroy();
    expect(figure(await metricsOf(closed), 'latchkey_signing_keys')).toBe(1);
    await closed.stop();
  });
});
