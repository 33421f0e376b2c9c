import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { CONTRACTS, isRevoked, opaqueTokenOf, sessionOf, usernameOf } from './identities.js';

const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

/** How long its sessions live, in days; a store is thrown away long before. */
const SESSION_DAYS = 30;

const INSERT_ACCOUNT = `INSERT INTO users (id, username, username_key, email, email_key, password_hash, is_admin, status,
    email_verified_at, pin_failures, security_epoch, created_at, updated_at)
  VALUES (:id, :name, :name, :email, :email, :hash, 0, 'active', :now, 0, 0, :now, :now)`;

const INSERT_SESSION = `INSERT INTO sessions (id, user_id, contract, security_epoch, generation, rotated_at, created_at,
    last_seen_at, expires_at, revoked_at, revoked_because, secret_hash, ip, user_agent)
  VALUES (:id, :account, :contract, 0, 0, :now, :now, :now, :end, :revokedAt, :because, :secretHash, '192.0.2.1', :agent)`;

/**
 * Fills a store whose first account is there already with so many that have the same password, each with a session of
 * every contract. Indices are made at the end, which takes a fraction of the time.
 */
export function fill(folder: string, accounts: number): void {
  const database = new Database(join(folder, 'latchkey.db'));
  database.pragma('journal_mode = MEMORY');
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -1000000');
  const indices = database
    .prepare(
      `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('users', 'sessions') AND sql <> ''`,
    )
    .all() as { name: string; sql: string }[];
  database.transaction(() => {
    for (const { name } of indices) database.exec(`DROP INDEX "${name}"`);
    insertAll(database, accounts);
    for (const { sql } of indices) database.exec(sql);
  })();
  database.pragma('journal_mode = WAL');
  database.close();
}

function insertAll(database: Database.Database, accounts: number): void {
  const { hash } = database.prepare('SELECT password_hash AS hash FROM users').get() as { hash: string };
  const now = timeText(new Date());
  const end = timeText(new Date(Date.now() + SESSION_DAYS * 86_400_000));
  const [account, session] = [database.prepare(INSERT_ACCOUNT), database.prepare(INSERT_SESSION)];
  for (let id = 2; id <= accounts; id++) {
    const name = usernameOf(id);
    account.run({ id, name, email: `${name}@example.com`, hash, now });
    const revoked = isRevoked(id) ? { revokedAt: now, because: 'signed_out' } : { revokedAt: null, because: null };
    for (const contract of CONTRACTS) {
      const secretHash = contract === 'opaque-token' ? sha256(opaqueTokenOf(id)) : null;
      session.run({
        id: sessionOf(id, contract),
        account: id,
        contract,
        now,
        end,
        secretHash,
        agent: USER_AGENT,
        ...revoked,
      });
    }
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A time as the service stores it on SQLite. */
const timeText = (time: Date): string => time.toISOString().replace('T', ' ').replace('Z', '');
