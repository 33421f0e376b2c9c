import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { collidedColumn } from '../database/failures.js';
import { Durability } from '../database/durability.js';
import { Rows } from '../database/rows.js';
import { Sql } from '../database/sql.js';
import { AuthError } from '../errors/auth-error.js';
import { type AccountFacts, FACT_COLUMNS, type FactsRow, readFacts } from './account-facts.js';
import { canonical, keysOf, spellingsOf } from './canonical.js';
import { ClaimsStore, PROVED } from './claims.store.js';
import type { IdentifierKind } from './identifiers.js';
import { OF_PROVED_EMAIL, PROVED_EMAIL, proveEmail } from './proved-email.js';
import { NAME_COLUMNS, taken } from './taken-name.js';
import { type AccountStatus, User } from './user.entity.js';

/** What a new account starts with. */
export interface NewAccount {
  readonly username?: string;
  readonly email?: string;
  readonly passwordHash: string;
  readonly status: AccountStatus;
  /** Not, unless it says so. */
  readonly isAdmin?: boolean;
  /** Whether the address is known to be its owner's; not, unless it says so. */
  readonly emailVerified?: boolean;
  /** The door through which it comes. */
  readonly through?: string;
}

const FACTS_BY_ID = `SELECT ${FACT_COLUMNS} FROM users WHERE id = :id AND deleted_at IS NULL`;

/** The queries on accounts, by name. */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly sql: Sql,
    private readonly rows: Rows,
    private readonly claims: ClaimsStore,
    private readonly durability: Durability,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** An account that was not deleted. */
  async findById(id: number): Promise<User | undefined> {
    const user = await this.rows.one(User, 'id', id);
    return user?.deletedAt ? undefined : user;
  }

  /** What an account is, without its secrets. */
  async factsOf(id: number): Promise<AccountFacts | undefined> {
    const [row] = await this.sql.rows<FactsRow>(FACTS_BY_ID, { id });
    return row && readFacts(row);
  }

  /**
   * The account of that username, or of that e-mail address; never looks in the other column. While nobody has proved an
   * address, its newest claim is meant. Two existing accounts may be called alike by now: the one that kept its older key
   * is meant by its own spelling, the other by every other.
   */
  async findByName(kind: IdentifierKind, name: string): Promise<User | undefined> {
    if (kind === 'username') return this.rows.one(User, 'usernameKey', ...keysOf(kind, name));
    return this.claims.find(name);
  }

  /**
   * Makes an account. The unique indices decide who gets a name; an address that nobody has proved may be claimed by many.
   * @throws {AuthError} `username_taken` or `email_taken`
   */
  async insert(account: NewAccount): Promise<User> {
    await this.refuseOlder(account);
    const now = this.clock.now();
    const isClaim = account.email !== undefined && !account.emailVerified;
    const values = {
      username: account.username ?? null,
      usernameKey: account.username === undefined ? null : canonical('username', account.username),
      email: account.email ?? null,
      emailKey: account.email === undefined ? null : canonical('email', account.email),
      emailSpellings: account.email === undefined ? null : spellingsOf(account.email),
      passwordHash: account.passwordHash,
      isAdmin: account.isAdmin ?? false,
      status: account.status,
      // Where nothing is mailed, to claim an address is to prove it.
      emailVerifiedAt: account.emailVerified || (isClaim && !this.config.EMAIL_VERIFICATION) ? now : null,
      emailClaimedAt: isClaim ? now : null,
      emailClaimedThrough: isClaim ? (account.through ?? null) : null,
      pinHash: null,
      pinFailures: 0,
      pinLockedUntil: null,
      pinSetAt: null,
      pinSetIn: null,
      securityEpoch: 0,
      epochMovedAt: null,
      epochBecause: null,
      keptSessionId: null,
      deletedAt: null,
      createdAt: now,
      updatedAt: now,
      lastSignInAt: null,
    };
    try {
      // A power cut that took the account back would let another have its id, and be whom its tokens speak for.
      const id = await this.durability.durably(() => this.rows.addUnless(User, values, PROVED));
      if (id !== undefined && !(isClaim && (await this.claims.takeBackIfLate(id, values.emailKey))))
        return Object.assign(new User(), values, { id });
    } catch (cause) {
      const column = collidedColumn(cause, NAME_COLUMNS);
      if (!column) throw cause;
      // Whoever had the name may be gone by now; it was taken all the same.
      throw (await this.takenName(account, cause)) ?? taken(column, account, cause);
    }
    throw (await this.takenName(account)) ?? taken('email_key', account);
  }

  /** No index knows that an account has a name whose key is still the older one. */
  private async refuseOlder({ username, email }: NewAccount): Promise<void> {
    const names = {
      ...(username !== undefined && hasOlderKey('username', username) && { username }),
      ...(email !== undefined && hasOlderKey('email', email) && { email }),
    };
    const refusal = await this.takenName(names);
    if (refusal) throw refusal;
  }

  /** Stores another hash of the same password, unless the password was changed meanwhile. */
  async replaceHash(id: number, checkedHash: string, passwordHash: string): Promise<void> {
    await this.users.update({ id, passwordHash: checkedHash }, { passwordHash });
  }

  /**
   * Notes that the address is the account's: the e-mail is verified, a pending account becomes active, and an account
   * without a username takes its e-mail for one if that is free and short enough. Doing it twice changes nothing.
   * Answers whether there is an account in use with that address, and no other has proved it.
   * @param checkedHash hash of the password that was asked for, if one was: it must still be the account's
   */
  async confirmEmail(id: number, email: string, usernameFits: boolean, checkedHash?: string): Promise<boolean> {
    // One statement: an account that were verified and still pending would be swept.
    const statement = `UPDATE users SET ${PROVED_EMAIL}, updated_at = {now}
      WHERE id = :id AND ${OF_PROVED_EMAIL} AND password_hash = COALESCE(:checkedHash::text, password_hash)
      RETURNING id`;
    const parameters = { id, checkedHash: checkedHash ?? null };
    const rows = await proveEmail(email, usernameFits, (proved) =>
      this.sql.rows(statement, { ...parameters, ...proved }),
    );
    return rows?.length === 1;
  }

  /** Makes every pending account active, for a deployment that does not verify e-mail. */
  async activatePending(): Promise<void> {
    await this.users.update({ status: 'pending' }, { status: 'active' });
  }

  /** Ids of accounts that have been pending since before a time. */
  async pendingSince(before: Date, limit: number): Promise<number[]> {
    const where = { status: 'pending' as const, createdAt: LessThan(before) };
    return (await this.users.find({ select: { id: true }, where, take: limit })).map(({ id }) => id);
  }

  /** Ids of accounts that were deleted before a time. */
  async deletedBefore(before: Date, limit: number): Promise<number[]> {
    const rows = await this.users.find({ select: { id: true }, where: { deletedAt: LessThan(before) }, take: limit });
    return rows.map(({ id }) => id);
  }

  /** Removes the emptied row of a deleted account. */
  async removeDeleted(id: number): Promise<void> {
    await this.sql.rows('DELETE FROM users WHERE id = :id AND deleted_at IS NOT NULL', { id });
  }

  /** Notes when accounts last signed in; later times win. */
  async noteSignIns(times: ReadonlyMap<number, Date>): Promise<void> {
    for (const [id, at] of times)
      await this.sql.rows('UPDATE users SET last_sign_in_at = :at WHERE id = :id AND deleted_at IS NULL', { id, at });
  }

  /**
   * Which name somebody has; the username, if both are taken: engines differ in which of two indices they complain about,
   * and somebody may register both between two looks.
   */
  async takenName(
    { username, email }: Pick<NewAccount, 'username' | 'email'>,
    cause?: unknown,
  ): Promise<AuthError | undefined> {
    const isEmail = email !== undefined && (await this.claims.isProved(email));
    const isUsername = username !== undefined && (await this.findByName('username', username)) !== undefined;
    if (isUsername) return taken('username_key', { username }, cause);
    return isEmail ? taken('email_key', { email }, cause) : undefined;
  }
}

function hasOlderKey(kind: IdentifierKind, name: string): boolean {
  return keysOf(kind, name).length > 1;
}
