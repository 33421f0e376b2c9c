import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { Sql } from '../database/sql.js';
import { sweepBefore } from '../database/sweep.js';
import { type Networks, networksOf } from '../network/networks.js';

const FLUSH_MS = 1000;
const DAY_MS = 86_400_000;

/** Networks and addresses of one account that are remembered, the latest. */
const PER_ACCOUNT = 100;

/** Where an account signed in from lately: at an address, in its network, anywhere. */
export type Known = Readonly<Record<'address' | 'network' | 'any', boolean>>;

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

  /** Notes that an account signed in from an address. */
  note(accountId: number, { address, network }: Networks): void {
    for (const where of [address, network]) this.seen.set(`${accountId} ${where}`, this.clock.now());
  }

  /** Whether an account signed in lately from an address, from its network, or from anywhere. */
  async of(userId: number, { address, network }: Networks): Promise<Known> {
    const isIn = (column: string): string =>
      `EXISTS (SELECT 1 FROM known_networks WHERE user_id = :userId AND network = ${column} AND last_sign_in_at > :since)`;
    const [row] = await this.sql.rows<Record<'address' | 'network' | 'any_network', boolean | number>>(
      `SELECT ${isIn(':address::text')} AS address, ${isIn(':network::text')} AS network,
         EXISTS (SELECT 1 FROM known_networks WHERE user_id = :userId AND last_sign_in_at > :since) AS any_network`,
      { userId, address, network, since: this.oldest() },
    );
    return { address: Boolean(row?.address), network: Boolean(row?.network), any: Boolean(row?.any_network) };
  }

  /** The addresses that an account signed in from lately, with their networks. */
  async addressesOf(userId: number): Promise<Networks[]> {
    const rows = await this.sql.rows<{ network: string }>(
      'SELECT network FROM known_networks WHERE user_id = :userId AND last_sign_in_at > :since',
      { userId, since: this.oldest() },
    );
    return rows.filter(({ network }) => !network.includes('/')).map(({ network }) => networksOf(network));
  }

  /** Forgets the networks of an account, but for those of an address, if one is given. */
  async forget(userId: number, but?: Networks): Promise<void> {
    const { address = '', network = '' } = but ?? {};
    for (const key of this.seen.keys())
      if (key.startsWith(`${userId} `) && key !== `${userId} ${address}` && key !== `${userId} ${network}`)
        this.seen.delete(key);
    await this.sql.rows('DELETE FROM known_networks WHERE user_id = :userId AND network NOT IN (:address, :network)', {
      userId,
      address,
      network,
    });
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
      for (const id of new Set([...seen.keys()].map((key) => Number(key.split(' ')[0])))) await this.forgetOldest(id);
    } catch (error) {
      this.logger.warn({ message: 'Networks of sign-ins could not be written.', networks: seen.size, error });
    }
  }

  private async write(key: string, at: Date): Promise<void> {
    const [userId, network = ''] = key.split(' ');
    await this.sql.rows(
      // A network is not known from before a reset of the password, and nothing is noted of an account that is gone. On
      // PostgreSQL the lock on the account's row holds off both, which would not see this network yet.
      `INSERT INTO known_networks (user_id, network, last_sign_in_at)
       SELECT users.id, :network::text, :at::timestamptz FROM users WHERE users.id = :userId AND users.deleted_at IS NULL
         AND (users.epoch_moved_at IS NULL OR users.epoch_moved_at <= :at::timestamptz)
       ${this.sql.isPostgres ? 'FOR SHARE' : ''}
       ON CONFLICT (user_id, network) DO UPDATE SET last_sign_in_at = excluded.last_sign_in_at`,
      { userId: Number(userId), network, at },
    );
  }

  /** Whoever signs in from many networks makes an account forget the oldest. */
  private async forgetOldest(userId: number): Promise<void> {
    const latest = `SELECT network FROM known_networks WHERE user_id = :userId ORDER BY last_sign_in_at DESC LIMIT ${PER_ACCOUNT}`;
    await this.sql.rows(`DELETE FROM known_networks WHERE user_id = :userId AND network NOT IN (${latest})`, {
      userId,
    });
  }

  private oldest(): Date {
    return new Date(this.clock.nowMs() - this.config.KNOWN_NETWORK_DAYS * DAY_MS);
  }
}
