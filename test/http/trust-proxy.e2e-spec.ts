import { networkInterfaces } from 'node:os';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseEnvironment } from '../../src/config/env.js';
import { Session } from '../../src/tokens/session.entity.js';
import { CookieClient } from '../support/cookie.client.js';
import { cookieToken } from '../support/cookies.js';
import { startForwardingProxy } from '../support/forwarding-proxy.js';
import { send, type Sending } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { needing } from '../support/needs.js';
import { newPerson } from '../support/people.js';
import { head, sendRaw } from '../support/raw.js';
import { type Environment, type LogLine, type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const WARNING = /X-Forwarded-For/;

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

async function serviceTrusting(TRUST_PROXY: string, env: Environment = {}): Promise<Service> {
  const service = await startService({ TRUST_PROXY, ...env });
  onTestFinished(() => service.stop());
  return service;
}

/** The address that the newest session was opened from. */
async function lastAddress(service: Service): Promise<string | null> {
  const sessions = service.app.get(DataSource).getRepository(Session);
  const [session] = await sessions.find({ order: { createdAt: 'DESC' }, take: 1 });
  service.advance(1);
  return session?.ip ?? null;
}

/** The address that a session is opened from by one who sends this, to the service itself or to another URL. */
async function seen(service: Service, sending: Sending, url = service.url): Promise<string | null> {
  const { username, password } = newPerson();
  await send('POST', `${url}/bare-token/auth/register`, { ...sending, body: { username, password } });
  return lastAddress(service);
}

/** As `seen`, by one who sends this as X-Forwarded-For. */
function seenFrom(service: Service, forwardedFor?: string): Promise<string | null> {
  return seen(service, forwardedFor === undefined ? {} : { headers: { 'x-forwarded-for': forwardedFor } });
}

const warnings = ({ log }: Service): LogLine[] => log.filter(({ msg = '' }) => WARNING.test(msg));

describe('X-Forwarded-For', () => {
  it('counts from nobody by default, and is warned of once', async () => {
    const service = await serviceTrusting('');
    expect(await seenFrom(service)).toBe('127.0.0.1');
    expect(warnings(service)).toEqual([]);
    expect(await seenFrom(service, '192.0.2.1')).toBe('127.0.0.1');
    expect(await seenFrom(service, '192.0.2.2')).toBe('127.0.0.1');
    expect(warnings(service)).toMatchObject([{ level: 'warn', from: '127.0.0.1' }]);
    expect(JSON.stringify(warnings(service))).not.toContain('192.0.2');
  });

  it('counts from a proxy that is named, by address or network, and is not warned of', async () => {
    for (const proxies of ['127.0.0.1', '10.0.0.0/8, 127.0.0.0/8']) {
      const service = await serviceTrusting(proxies);
      expect(await seenFrom(service, '192.0.2.1')).toBe('192.0.2.1');
      expect(await seenFrom(service, '2001:db8::1')).toBe('2001:db8::1');
      expect(await seenFrom(service)).toBe('127.0.0.1');
      expect(warnings(service)).toEqual([]);
    }
  });

  it('counts as far back as those who wrote it are trusted: what a client wrote itself is not', async () => {
    const service = await serviceTrusting('127.0.0.1,10.0.0.0/8');
    expect(await seenFrom(service, '203.0.113.9, 192.0.2.1')).toBe('192.0.2.1');
    expect(await seenFrom(service, '203.0.113.9, 192.0.2.1, 10.1.2.3')).toBe('192.0.2.1');
  });

  it('does not count from anybody else when some proxy is named, and is warned of', async () => {
    const service = await serviceTrusting('10.0.0.0/8');
    expect(await seenFrom(service, '192.0.2.1')).toBe('127.0.0.1');
    expect(warnings(service)).toHaveLength(1);
  });
});

describe('X-Forwarded-For from a proxy that is trusted', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ TRUST_PROXY: '127.0.0.1,10.0.0.0/8,fd00::/8' });
  });
  afterAll(() => service.stop());

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1, fd00::5', '2001:db8::1'],
    ['192.0.2.1, fd00::5, 10.1.2.3', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1, ::ffff:10.1.2.3', '192.0.2.1'],
    ['10.1.2.4, 10.1.2.3', '10.1.2.4'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['192.0.2.1, 10.1.2.3:4711', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711, [fd00::5]:80', '2001:db8::1'],
    ['192.0.2.1,', '192.0.2.1'],
    [',192.0.2.1', '192.0.2.1'],
    ['203.0.113.9,192.0.2.1,\t, 10.1.2.3', '192.0.2.1'],
  ])('of %j tells of %s', async (forwardedFor, address) => {
    expect(await seenFrom(service, forwardedFor)).toBe(address);
  });

  it.each([
    ['192.0.2.1, unknown', '127.0.0.1'],
    ['192.0.2.1, _hidden, 10.1.2.3', '10.1.2.3'],
    ['unknown, 192.0.2.1', '192.0.2.1'],
    ['', '127.0.0.1'],
    [',', '127.0.0.1'],
    [' , ,', '127.0.0.1'],
    ['unknown', '127.0.0.1'],
    ['192.0.2.256', '127.0.0.1'],
    ['192.0.2', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['192.0.2.1/24', '127.0.0.1'],
    ['192.0.2.1;203.0.113.9', '127.0.0.1'],
    ['for=192.0.2.1', '127.0.0.1'],
    ['[192.0.2.1', '127.0.0.1'],
    ['[[::1]]', '127.0.0.1'],
    ["'; DROP TABLE sessions; --", '127.0.0.1'],
  ])('counts no farther back than it names addresses: %j tells of %s', async (forwardedFor, address) => {
    expect(await seenFrom(service, forwardedFor)).toBe(address);
  });

  it('may be as long as a head may be', async () => {
    expect(await seenFrom(service, `${'203.0.113.9, '.repeat(1000)}192.0.2.1`)).toBe('192.0.2.1');
    expect(await seenFrom(service, `${'x'.repeat(12_000)}, 192.0.2.1`)).toBe('192.0.2.1');
    expect(await seenFrom(service, 'x'.repeat(12_000))).toBe('127.0.0.1');
    expect(await seenFrom(service, ','.repeat(12_000))).toBe('127.0.0.1');
  });

  it('is one list, however many headers it comes in', async () => {
    const { username, password } = newPerson();
    const body = JSON.stringify({ username, password });
    const fields = {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'X-Forwarded-For': '203.0.113.9, 192.0.2.1',
      'x-forwarded-for': '10.1.2.3',
    };
    expect(await sendRaw(service.url, head('POST /bare-token/auth/register HTTP/1.1', fields), body)).toMatchObject({
      status: 200,
    });
    expect(await lastAddress(service)).toBe('192.0.2.1');
  });

  it('is not warned of, whatever it says', async () => {
    for (const forwardedFor of ['192.0.2.1', ',', '', 'unknown', '192.0.2.1, unknown'])
      await seenFrom(service, forwardedFor);
    expect(warnings(service)).toEqual([]);
  });
});

/** Three addresses of this machine: somebody's, and those of two proxies before the service. */
const CLIENT = '127.1.1.1';
const EDGE = '127.2.2.2';
const INNER = '127.3.3.3';

describe('a chain of proxies', () => {
  it.each([
    ['that appends', 'appends'],
    ['that overwrites', 'overwrites'],
  ] as const)('of one %s tells who called it, whatever the caller says', async (_what, forwarding) => {
    const service = await serviceTrusting(EDGE);
    const url = await startForwardingProxy({ from: EDGE, to: service.url, forwarding });
    expect(await seen(service, { localAddress: CLIENT }, url)).toBe(CLIENT);
    for (const spoofed of ['192.0.2.1', EDGE, `192.0.2.1, ${EDGE}`, 'unknown', ','])
      expect(await seen(service, { localAddress: CLIENT, headers: { 'x-forwarded-for': spoofed } }, url)).toBe(CLIENT);
  });

  it('of two tells who called the first, whatever the caller says', async () => {
    const service = await serviceTrusting(`${INNER},127.2.0.0/16`);
    const inner = await startForwardingProxy({ from: INNER, to: service.url });
    const edge = await startForwardingProxy({ from: EDGE, to: inner });
    expect(await seen(service, { localAddress: CLIENT }, edge)).toBe(CLIENT);
    for (const spoofed of ['192.0.2.1', `192.0.2.1, ${EDGE}`, INNER, 'unknown'])
      expect(await seen(service, { localAddress: CLIENT, headers: { 'x-forwarded-for': spoofed } }, edge)).toBe(CLIENT);
  });

  it('is believed only as far as it is named: behind the first who is not, nobody is', async () => {
    const onlyInner = await serviceTrusting(INNER);
    const inner = await startForwardingProxy({ from: INNER, to: onlyInner.url });
    const edge = await startForwardingProxy({ from: EDGE, to: inner });
    expect(await seen(onlyInner, { localAddress: CLIENT }, edge)).toBe(EDGE);

    const onlyEdge = await serviceTrusting(EDGE);
    const unnamed = await startForwardingProxy({ from: INNER, to: onlyEdge.url });
    const named = await startForwardingProxy({ from: EDGE, to: unnamed });
    expect(await seen(onlyEdge, { localAddress: CLIENT }, named)).toBe(INNER);
    expect(warnings(onlyEdge)).toMatchObject([{ level: 'warn', from: INNER }]);
  });

  it('is not believed of one who goes round it', async () => {
    const service = await serviceTrusting(EDGE);
    const headers = { 'x-forwarded-for': `192.0.2.1, ${EDGE}` };
    expect(await seen(service, { localAddress: CLIENT, headers })).toBe(CLIENT);
  });

  it('may speak IPv6, and IPv4 where IPv6 listens', needing(HAS_IPV6 ? undefined : 'IPv6'), async () => {
    const service = await serviceTrusting(`::1,${EDGE}`, { HOST: '::' });
    const { port } = new URL(service.url);
    const edge = await startForwardingProxy({ from: '::1', to: `http://[::1]:${port}`, listensOn: '::1' });
    expect(await seen(service, { headers: { 'x-forwarded-for': '2001:db8::1' } }, `http://[::1]:${port}`)).toBe(
      '2001:db8::1',
    );
    expect(await seen(service, {}, edge)).toBe('::1');
    expect(await seen(service, { localAddress: CLIENT, headers: { 'x-forwarded-for': '192.0.2.1' } })).toBe(CLIENT);
    expect(await seen(service, { localAddress: EDGE, headers: { 'x-forwarded-for': '192.0.2.1' } })).toBe('192.0.2.1');
  });

  it('spends the budgets of who called it, so that neither proxies nor lies change whose they are', async () => {
    const service = await serviceTrusting(EDGE, { LIMITS: 'on' });
    const url = await startForwardingProxy({ from: EDGE, to: service.url });
    const { username, password } = newPerson();
    const guess = async (localAddress: string, forwardedFor: string): Promise<number> => {
      const headers = { 'x-forwarded-for': forwardedFor };
      const body = { username, password };
      return (await send('POST', `${url}/bare-token/auth/login`, { localAddress, headers, body })).status;
    };
    for (let i = 0; i < 10; i++) expect(await guess(CLIENT, `192.0.${i}.1`)).toBe(401);
    expect(await guess(CLIENT, '192.0.99.1')).toBe(429);
    expect(await guess('127.4.4.4', CLIENT)).toBe(401);
  });
});

describe('what else a proxy or a client may say of itself', () => {
  it('counts for nothing, also from a proxy that is trusted', async () => {
    const service = await serviceTrusting('127.0.0.1');
    const client = new CookieClient(`${service.url}/cookie`);
    const { person } = await client.newcomer();
    const claims = {
      forwarded: 'for=192.0.2.1;host=elsewhere.example;proto=https',
      'x-real-ip': '192.0.2.1',
      'x-client-ip': '192.0.2.1',
      'true-client-ip': '192.0.2.1',
      'cf-connecting-ip': '192.0.2.1',
      'x-forwarded-host': 'elsewhere.example',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/elsewhere',
      host: 'elsewhere.example',
    };
    expect(await seen(service, { headers: claims })).toBe('127.0.0.1');

    const metadata = `${service.url}/.well-known/oauth-authorization-server`;
    expect(whole(await send('GET', metadata, { headers: claims }))).toEqual(whole(await send('GET', metadata)));

    const body = { username: person.username, password1: person.password };
    const signedIn = await client.send('POST', '/users/login', { headers: claims, body });
    expect(signedIn.headers['set-cookie']).toEqual([expect.not.stringContaining('Secure')]);
    expect(decode(cookieToken(signedIn)).claims.iss).toBe('http://latchkey.test');
    expect(signedIn.headers).not.toHaveProperty('strict-transport-security');
  });
});

describe('TRUST_PROXY', () => {
  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0', 'proxy.example.com', 'true'])(
    'refuses %s',
    (TRUST_PROXY) => {
      expect(() => parseEnvironment({ TRUST_PROXY })).toThrow('TRUST_PROXY');
    },
  );
});
