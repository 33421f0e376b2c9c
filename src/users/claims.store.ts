import { Injectable } from '@nestjs/common';
import { Rows } from '../database/rows.js';
import { Sql } from '../database/sql.js';
import { keysOf, keysOfEmail } from './canonical.js';
import { User } from './user.entity.js';

/** Meets the row of the account that proved an address. No claim of it is made beside that. */
export const PROVED = 'email_key = :emailKey AND email_verified_at IS NOT NULL';

const CLAIMS = `email_key = :emailKey AND email_verified_at IS NULL AND status <> 'deactivated'
  ORDER BY email_claimed_at DESC, id DESC`;

const ID_PROVED = `(SELECT id FROM users WHERE ${PROVED})`;
const ID_NEWEST = `(SELECT id FROM users WHERE ${CLAIMS} LIMIT 1)`;

/** Two looks into an index, however many claim the address. */
const PROVED_OR_NEWEST = `id = COALESCE(${ID_PROVED}, ${ID_NEWEST})`;

/** The same for an address whose older key differs. An account that kept that one is preferred, as in `Rows.one`. */
const older = (select: string): string => select.replaceAll(':emailKey', ':olderEmailKey');
const OF_EITHER_KEY = `id = COALESCE(${older(ID_PROVED)}, ${ID_PROVED}, ${ID_NEWEST}, ${older(ID_NEWEST)})`;

/** How many claims of an address are mailed to. */
const CLAIMS_MAILED = 10;

/** How many claims of an address an operator sees the events of. */
const CLAIMS_SHOWN = 50;

const NEWEST = `${CLAIMS} LIMIT ${CLAIMS_MAILED}`;

/** The accounts that claim an address, of which one may prove it. */
@Injectable()
export class ClaimsStore {
  constructor(
    private readonly rows: Rows,
    private readonly sql: Sql,
  ) {}

  /** The account that proved an address; while nobody has, the newest claim. */
  async find(email: string): Promise<User | undefined> {
    const [emailKey, olderEmailKey] = keysOf('email', email);
    const [user] =
      olderEmailKey === undefined
        ? await this.rows.where(User, PROVED_OR_NEWEST, { emailKey })
        : await this.rows.where(User, OF_EITHER_KEY, { emailKey, olderEmailKey });
    return user;
  }

  /** Whom mails to an address may be meant for: the account that proved it, else the newest claims, the newest first. */
  async findAll(email: string): Promise<readonly User[]> {
    const proved = await this.findProved(email);
    if (proved) return [proved];
    const claims: User[] = [];
    for (const emailKey of differentKeysOf(email)) claims.push(...(await this.rows.where(User, NEWEST, { emailKey })));
    return claims.slice(0, CLAIMS_MAILED);
  }

  /**
   * Ids of the accounts that operators mean by an address: the one that proved it, else all that claim it, deactivated ones
   * too; of more than `CLAIMS_SHOWN` the newest.
   */
  async idsOf(email: string): Promise<readonly number[]> {
    const proved = await this.findProved(email);
    if (proved) return [proved.id];
    const rows = await this.sql.rows<{ id: number }>(
      `SELECT id FROM users WHERE email_key IN (:emailKey, :olderEmailKey) AND email_verified_at IS NULL
       ORDER BY id DESC LIMIT ${CLAIMS_SHOWN}`,
      keysOfEmail(email),
    );
    return rows.map(({ id }) => id);
  }

  /** Whether an account has proved an address. */
  async isProved(email: string): Promise<boolean> {
    return (await this.findProved(email)) !== undefined;
  }

  private async findProved(email: string): Promise<User | undefined> {
    for (const emailKey of differentKeysOf(email).reverse()) {
      const [user] = await this.rows.where(User, PROVED, { emailKey });
      if (user) return user;
    }
    return undefined;
  }

  /**
   * Takes a new claim back if its address was proved while it was made. PostgreSQL commits both, and the proof may have
   * looked for other claims before it could see this one. Answers whether it was.
   */
  async takeBackIfLate(id: number, emailKey: string | null): Promise<boolean> {
    if (!this.sql.isPostgres) return false;
    const rows = await this.sql.rows(
      `DELETE FROM users WHERE id = :id AND email_verified_at IS NULL AND EXISTS (SELECT 1 FROM users AS holder
         WHERE holder.email_key = :emailKey AND holder.email_verified_at IS NOT NULL) RETURNING id`,
      { id, emailKey },
    );
    return rows.length > 0;
  }
}

function differentKeysOf(email: string): string[] {
  return [...new Set(Object.values(keysOfEmail(email)))];
}
