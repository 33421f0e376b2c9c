import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEnvironment } from '../../src/config/env.js';
import { Session } from '../../src/tokens/session.entity.js';
import { send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type LogLine, type Service, startService } from '../support/service.js';

const WARNING = /X-Forwarded-For/;

async function serviceTrusting(TRUST_PROXY: string): Promise<Service> {
  const service = await startService({ TRUST_PROXY });
  onTestFinished(() => service.stop());
  return service;
}

/** The address that a session is opened from, by one who sends this as X-Forwarded-For. */
async function seenFrom(service: Service, forwardedFor?: string): Promise<string | null> {
  const headers: Record<string, string> = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  const { username, password } = newPerson();
  await send('POST', `${service.url}/bare-token/auth/register`, { headers, body: { username, password } });
  const sessions = service.app.get(DataSource).getRepository(Session);
  const [session] = await sessions.find({ order: { createdAt: 'DESC' }, take: 1 });
  service.advance(1);
  return session?.ip ?? null;
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

describe('TRUST_PROXY', () => {
  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0', 'proxy.example.com', 'true'])(
    'refuses %s',
    (TRUST_PROXY) => {
      expect(() => parseEnvironment({ TRUST_PROXY })).toThrow('TRUST_PROXY');
    },
  );
});
