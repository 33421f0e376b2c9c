import { resolve } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DirectLine } from '../../src/database/direct-line.js';
import { PairClient } from '../support/pairs.js';
import { SHARED_SECRET } from '../support/postgres-names.js';
import { PostgresServer } from '../support/postgres-server.js';
import { type Service, startService } from '../support/service.js';

const AUTHORITY = resolve('test/support/tls/ca.pem');

let server: PostgresServer;

beforeAll(async () => {
  server = await PostgresServer.start({ tls: true });
});
afterAll(() => server.remove());

/** Starts a service on a server that speaks TLS. @param host as `DATABASE_URL` names it */
async function start(host: string, parameters: string): Promise<Service> {
  const url = `${server.url.replace('127.0.0.1', host)}/postgres${parameters}`;
  return startService({ DATABASE_URL: url, LATCHKEY_SECRET: SHARED_SECRET });
}

/** How many connections of services there are, with TLS and without. */
async function connections(): Promise<{ withTls: number; without: number }> {
  const client = new pg.Client({ connectionString: `${server.url}/postgres` });
  await client.connect();
  const { rows } = await client.query<{ ssl: boolean }>(
    `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'latchkey'`,
  );
  await client.end();
  return { withTls: rows.filter(({ ssl }) => ssl).length, without: rows.filter(({ ssl }) => !ssl).length };
}

describe('TLS to PostgreSQL', () => {
  it.each([
    ['verify-full, under an authority of one’s own', `?sslmode=verify-full&sslrootcert=${AUTHORITY}`],
    ['no-verify', '?sslmode=no-verify'],
  ])('is spoken by every connection with sslmode=%s', async (_mode, parameters) => {
    const service = await start('localhost', parameters);
    onTestFinished(() => service.stop());
    await new PairClient(service.url).newcomer();
    await expect.poll(() => service.app.get(DirectLine).isListening).toBe(true);
    const { withTls, without } = await connections();
    expect(without).toBe(0);
    // The pool's, and the one that listens.
    expect(withTls).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['of nobody known', 'localhost', '?sslmode=verify-full', /self-signed certificate|unable to (verify|get)/],
    ['for another name', '127.0.0.1', `?sslmode=verify-full&sslrootcert=${AUTHORITY}`, /altnames|IP/],
  ])('stops the start at a certificate %s', async (_whose, host, parameters, refusal) => {
    await expect(start(host, parameters)).rejects.toThrow(refusal);
    expect(await connections()).toEqual({ withTls: 0, without: 0 });
  });

  it('stops the start when the certificate of the authority is not there', async () => {
    await expect(start('localhost', '?sslmode=verify-full&sslrootcert=/nowhere/ca.pem')).rejects.toThrow(
      '/nowhere/ca.pem',
    );
  });
});
