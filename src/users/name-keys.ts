import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { collidedColumn, isStoreFailure } from '../database/failures.js';
import { Sql } from '../database/sql.js';
import { RepeatedFailure } from '../logging/repeated-failure.js';
import { canonical, spellingsOf } from './canonical.js';
import type { IdentifierKind } from './identifiers.js';

/** How many accounts one statement looks at, by their ids. */
const BATCH = 1000;

/** How long a batch waits that the store refused, in milliseconds. */
const RETRY_MS = 10_000;

interface NamesRow {
  readonly id: number;
  readonly username: string | null;
  readonly username_key: string | null;
  readonly email: string | null;
  readonly email_key: string | null;
  readonly email_spellings: string | null;
}

/** A name whose key is that of an earlier version. */
interface OlderKey {
  readonly id: number;
  readonly kind: IdentifierKind;
  readonly name: string;
  readonly olderKey: string;
}

// In ASCII a name's key has always been the same, but an earlier version kept no other spellings beside it.
const OLDER_AMONG = `SELECT id, username, username_key, email, email_key, email_spellings FROM users
  WHERE id > :after AND id <= :upTo
  AND (octet_length(username_key) > length(username_key) OR octet_length(email_key) > length(email_key)
    OR email_spellings IS NULL AND email_key LIKE '%xn--%')`;

/**
 * Brings the keys of earlier versions into the canonical form, after each start. Several instances may do so at once, and
 * one that stops leaves the rest to the next. A key that another account has stays: look-ups go by both.
 */
@Injectable()
export class NameKeys implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(NameKeys.name);
  private readonly failure = new RepeatedFailure(this.logger);
  private readonly closing = new AbortController();
  private rewriting: Promise<void> | undefined;

  constructor(private readonly sql: Sql) {}

  onApplicationBootstrap(): void {
    void this.rewriteAll();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort();
    await this.rewriting;
  }

  /** Rewrites every older key. A store that fails is waited for. Never throws. */
  async rewriteAll(): Promise<void> {
    this.rewriting ??= this.run().finally(() => (this.rewriting = undefined));
    return this.rewriting;
  }

  private async run(): Promise<void> {
    let lastId = Infinity;
    let colliding = 0;
    for (let after = 0; after < lastId && !this.closing.signal.aborted;) {
      try {
        if (lastId === Infinity) lastId = await this.lastId();
        colliding += await this.rewriteBatch(after);
        after += BATCH;
      } catch (error) {
        this.failure.tell({ message: 'Keys of names could not be rewritten; it is tried again.', after, error });
        await wait(RETRY_MS, undefined, { signal: this.closing.signal, ref: false }).catch(() => undefined);
      }
      await setImmediate();
    }
    if (colliding > 0)
      this.logger.warn({ message: 'Accounts have names that count as alike by now. See: latchkey doctor', colliding });
  }

  private async lastId(): Promise<number> {
    const [row] = await this.sql.rows<{ id: number | null }>('SELECT MAX(id) AS id FROM users');
    return row?.id ?? 0;
  }

  /** Answers how many keys another account has. @throws if the store fails */
  private async rewriteBatch(after: number): Promise<number> {
    const rows = await this.sql.rows<NamesRow>(OLDER_AMONG, { after, upTo: after + BATCH });
    let colliding = 0;
    for (const older of rows.flatMap(olderKeysOf)) {
      if (!(await this.rewrite(older))) colliding++;
      // One at a time: SQLite writes on the thread that serves.
      await setImmediate();
    }
    return colliding;
  }

  /** Answers false if another account has the key. A failure for one account keeps nothing from the others. */
  private async rewrite({ id, kind, name, olderKey }: OlderKey): Promise<boolean> {
    try {
      await this.sql.rows(
        `UPDATE users SET ${kind}_key = :key${kind === 'email' ? ', email_spellings = :spellings' : ''}
         WHERE id = :id AND ${kind}_key = :olderKey AND ${kind} = :name`,
        { id, name, olderKey, key: canonical(kind, name), spellings: spellingsOf(name) },
      );
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      if (collidedColumn(error, ['username_key', 'email_key'])) return false;
      this.logger.error({ message: 'The key of a name could not be rewritten.', accountId: id, error });
    }
    return true;
  }
}

function olderKeysOf({ id, username, username_key, email, email_key, email_spellings }: NamesRow): OlderKey[] {
  return [
    { id, kind: 'username' as const, name: username ?? '', olderKey: username_key ?? '', spellings: null },
    { id, kind: 'email' as const, name: email ?? '', olderKey: email_key ?? '', spellings: email_spellings },
  ].filter(
    ({ kind, name, olderKey, spellings }) =>
      olderKey !== canonical(kind, name) || (kind === 'email' && spellings !== spellingsOf(name)),
  );
}
