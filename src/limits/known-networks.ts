import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';

const FLUSH_MS = 1000;
const DAY_MS = 86_400_000;

/** Remembers from which networks accounts signed in; written once a second, off the path of the sign-ins. */
@Injectable()
export class KnownNetworks implements OnModuleDestroy {
  private readonly logger = new Logger(KnownNetworks.name);
  /** By `account network`. */
  private seen = new Map<string, Date>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly sql: Sql,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Notes that an account signed in from a network. */
  note(accountId: number, network: string): void {
    this.seen.set(`${accountId} ${network}`, this.clock.now());
  }

  /** Whether an account signed in from a network within `KNOWN_NETWORK_DAYS`. */
  async knows(userId: number, network: string): Promise<boolean> {
    const rows = await this.sql.rows(
      `SELECT 1 AS one FROM known_networks
       WHERE user_id = :userId AND network = :network AND last_sign_in_at > :since`,
      { userId, network, since: this.oldest() },
    );
    return rows.length === 1;
  }

  /** Forgets every network of an account. */
  async forget(userId: number): Promise<void> {
    for (const key of this.seen.keys()) if (key.startsWith(`${userId} `)) this.seen.delete(key);
    await this.sql.rows('DELETE FROM known_networks WHERE user_id = :userId', { userId });
  }

  /** Writes what was noted. A store that fails costs these notes and nothing else. Flushes do not overlap. */
  @Interval(FLUSH_MS)
  async flush(): Promise<void> {
    this.writing = this.writing.then(() => this.writeAll());
    return this.writing;
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }

  /** Removes networks that are known no more, a batch of them. Answers whether there may be more. */
  async sweep(): Promise<boolean> {
    const rows = { table: 'known_networks', key: 'user_id, network', time: 'last_sign_in_at' };
    return sweepBefore(this.sql, rows, this.oldest());
  }

  private async writeAll(): Promise<void> {
    const seen = this.seen;
    this.seen = new Map();
    try {
      for (const [key, at] of seen) await this.write(key, at);
    } catch (error) {
      this.logger.warn({ message: 'Networks of sign-ins could not be written.', networks: seen.size, error });
    }
  }

  private async write(key: string, at: Date): Promise<void> {
    const [userId, network = ''] = key.split(' ');
    await this.sql.rows(
      // Of an account that is erased meanwhile, nothing is noted.
      `INSERT INTO known_networks (user_id, network, last_sign_in_at)
       SELECT users.id, :network::text, :at::timestamptz FROM users WHERE users.id = :userId
       ON CONFLICT (user_id, network) DO UPDATE SET last_sign_in_at = excluded.last_sign_in_at`,
      { userId: Number(userId), network, at },
    );
  }

  private oldest(): Date {
    return new Date(this.clock.nowMs() - this.config.KNOWN_NETWORK_DAYS * DAY_MS);
  }
}
