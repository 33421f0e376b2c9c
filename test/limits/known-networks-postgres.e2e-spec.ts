import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KnownNetwork } from '../../src/limits/known-network.entity.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { networksOf } from '../../src/network/networks.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { accountOf } from '../support/accounts.js';
import { Guessing } from '../support/guessing.js';
import { LIMITED } from '../support/networks.js';
import { type Connection, type Postgres, startPostgres, waiting } from '../support/postgres.js';
import { startService } from '../support/service.js';

let postgres: Postgres;
let they: Guessing;
/** Somebody else's, and one to look on. */
let other: Connection;
let beside: Connection;

beforeAll(async () => {
  postgres = await startPostgres();
  const settings = await postgres.createDatabase('known');
  // No statement may give up while the test holds it.
  they = new Guessing(await startService({ ...settings, ...LIMITED, DATABASE_STATEMENT_TIMEOUT: '30s' }));
  [other, beside] = [await postgres.connect('known'), await postgres.connect('known')];
});
afterAll(async () => {
  await other.end();
  await beside.end();
  await they.service.stop();
  await postgres.stop();
});

/** Number of statements that wait for a lock, without those that write last sign-ins. */
async function countWaiting(): Promise<number> {
  const { rows } = await beside.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND query NOT LIKE 'UPDATE users SET last_sign_in_at%'`,
  );
  return rows.length;
}

describe('The networks that an account knows, on PostgreSQL', () => {
  it('go with the account, also one that is being written at that moment', async () => {
    const { app } = they.service;
    const { id } = await accountOf(they.service, await they.member(bareToken));
    const networks = app.get(KnownNetworks);
    const home = networksOf('203.0.113.5');
    // The service has read the account and waits to write.
    await other.query('BEGIN');
    await other.query(`INSERT INTO known_networks (user_id, network, last_sign_in_at) VALUES ($1, $2, now())`, [
      id,
      home.address,
    ]);
    networks.note(id, home);
    const written = networks.flush();
    await waiting(beside, 'transactionid');

    let isDeleted = false;
    const deleted = app
      .get(RevocationService)
      .deleteAccount(id)
      .then(() => (isDeleted = true));
    await expect.poll(async () => isDeleted || (await countWaiting()) > 1).toBe(true);
    await other.query('ROLLBACK');
    await Promise.all([written, deleted]);

    await expect.poll(() => app.get(DataSource).getRepository(KnownNetwork).countBy({ userId: id })).toBe(0);
  });
});
