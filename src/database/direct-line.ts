import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { Config } from '../config/env.js';
import { endIfSilent, socketOf } from './connection.js';
import { postgresOptions } from './postgres-options.js';
import type { BoundStatement } from './sql.js';

/** How long a statement on the line may take before the line is taken for dead, in milliseconds. */
const DEAD_AFTER_MS = 1500;

/** How long nothing may pass over the line before it is taken for dead, in milliseconds; it is asked every 2 seconds. */
const SILENT_MS = 7000;

/** How long after the line broke it is laid again, in milliseconds. */
const LAY_AGAIN_MS = 500;

/** How long the other end may take to say goodbye when the service stops, in milliseconds. */
const GOODBYE_MS = 500;

/** What a line does for whoever listens. */
export interface Listening {
  readonly channel: string;
  /** Called when the line begins to listen: what was said before went by unheard. */
  readonly begun: () => void;
  /** Called with what somebody said. */
  readonly heard: (text: string) => void;
}

/**
 * One connection to PostgreSQL beside the pool, which hears what is announced (NOTIFY) and answers questions however busy
 * the pool is. It is laid again by itself whenever it breaks. With SQLite there is none.
 */
@Injectable()
export class DirectLine implements OnApplicationShutdown {
  private readonly logger = new Logger(DirectLine.name);
  private readonly options: pg.ClientConfig | undefined;
  private client: pg.Client | undefined;
  private inTurn: Promise<unknown> = Promise.resolve();
  private next: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(config: Config) {
    if (config.DATABASE_URL) this.options = { ...postgresOptions(config), query_timeout: DEAD_AFTER_MS };
  }

  /** Begins to listen, and goes on until the service stops. */
  listen(listening: Listening): void {
    if (this.options) void this.lay(this.options, listening);
  }

  /** Whether somebody listens. */
  get isUp(): boolean {
    return this.client !== undefined;
  }

  /** The rows of a statement, or `undefined` if there is no line now. @throws what the driver says when the line breaks */
  async rows<Row>(statement: BoundStatement): Promise<Row[] | undefined> {
    const asked = this.inTurn.then(async () => this.ask<Row>(statement));
    this.inTurn = asked.catch(() => undefined);
    return asked;
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.next);
    const { client } = this;
    if (!client) return;
    await Promise.race([client.end().catch(() => undefined), wait(GOODBYE_MS, undefined, { ref: false })]);
    socketOf(client).destroy();
  }

  private async ask<Row>({ text, values }: BoundStatement): Promise<Row[] | undefined> {
    const { client } = this;
    if (!client) return undefined;
    try {
      return (await client.query(text, values)).rows as Row[];
    } catch (error) {
      // A line that is slow or answers with errors is laid anew rather than asked again.
      socketOf(client).destroy();
      throw error;
    }
  }

  private async lay(options: pg.ClientConfig, listening: Listening): Promise<void> {
    const { Client } = (await import('pg')).default;
    const client = new Client(options);
    let isBroken = false;
    const breaks = (error?: Error): void => {
      if (isBroken) return;
      isBroken = true;
      this.broke(error, () => void this.lay(options, listening));
    };
    client.on('error', breaks);
    client.on('end', () => breaks());
    client.on('notification', ({ payload = '' }) => listening.heard(payload));
    try {
      await client.connect();
      endIfSilent(client, SILENT_MS);
      await client.query(`LISTEN ${listening.channel}`);
    } catch (error) {
      socketOf(client).destroy();
      return breaks(error as Error);
    }
    if (isBroken || this.closed) return void socketOf(client).destroy();
    this.client = client;
    listening.begun();
  }

  private broke(error: Error | undefined, layAgain: () => void): void {
    const wasUp = this.client !== undefined;
    this.client = undefined;
    if (this.closed) return;
    if (wasUp) this.logger.warn({ message: 'The line to the database broke; it is laid again.', error });
    this.next = setTimeout(layAgain, LAY_AGAIN_MS).unref();
  }
}
