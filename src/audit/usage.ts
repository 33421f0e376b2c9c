import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../config/clock.js';
import { Sql } from '../database/sql.js';
import { RepeatedFailure } from '../logging/repeated-failure.js';

const FLUSH_MS = 1000;
const DAY_MS = 86_400_000;

/** What is counted. */
export type Use = 'registrations' | 'sign_ins' | 'refreshes' | 'requests';

type Counts = Record<Use, number>;

/** Counts how much each contract is used on each day, so that an operator sees when an old front end has gone quiet. */
@Injectable()
export class Usage implements BeforeApplicationShutdown {
  private readonly failure = new RepeatedFailure(new Logger(Usage.name));
  /** By `day contract`; days count from the epoch, as each request is counted and a date is dear to write. */
  private counts = new Map<string, Counts>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
  ) {}

  count(contract: string, use: Use): void {
    const key = `${Math.floor(this.clock.nowMs() / DAY_MS)} ${contract}`;
    let counts = this.counts.get(key);
    if (!counts) this.counts.set(key, (counts = { registrations: 0, sign_ins: 0, refreshes: 0, requests: 0 }));
    counts[use]++;
  }

  /** Adds what was counted to the store; what it does not take is counted on. Flushes do not overlap. */
  @Interval(FLUSH_MS)
  async flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  private async write(): Promise<void> {
    const counted = this.counts;
    this.counts = new Map();
    for (const [key, counts] of counted) {
      try {
        await this.add(key, counts);
        this.failure.end();
      } catch (error) {
        this.failure.tell({ message: 'Usage could not be written; it is counted on.', error });
        this.putBack(key, counts);
      }
    }
  }

  private async add(key: string, counts: Counts): Promise<void> {
    const [number = '', contract = ''] = key.split(' ');
    const day = new Date(Number(number) * DAY_MS).toISOString().slice(0, 10);
    await this.sql.rows(
      `INSERT INTO usage_days (day, contract, registrations, sign_ins, refreshes, requests)
       VALUES (:day, :contract, :registrations, :sign_ins, :refreshes, :requests)
       ON CONFLICT (day, contract) DO UPDATE SET
         registrations = usage_days.registrations + excluded.registrations,
         sign_ins = usage_days.sign_ins + excluded.sign_ins,
         refreshes = usage_days.refreshes + excluded.refreshes,
         requests = usage_days.requests + excluded.requests`,
      { day, contract, ...counts },
    );
  }

  private putBack(key: string, counts: Counts): void {
    const since = this.counts.get(key);
    if (since) for (const use of Object.keys(counts) as Use[]) counts[use] += since[use];
    this.counts.set(key, counts);
  }
}
