import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { Config } from '../config/env.js';
import { endIfSilent, socketOf } from './connection.js';
import { demandSameDatabase, isPooled, listenSetting } from './listen-target.js';
import { postgresOptions } from './postgres-options.js';
import { type BoundStatement, Sql } from './sql.js';

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
 * the pool is. It is laid again by itself whenever it breaks. With SQLite there is none. Through a pooler it only answers:
 * there, LISTEN would be said in a session that is somebody else's a moment later.
 */
@Injectable()
export class DirectLine implements OnApplicationShutdown {
  private readonly logger = new Logger(DirectLine.name);
  private readonly setting;
  private readonly options: pg.ClientConfig | undefined;
  private client: pg.Client | undefined;
  private isPooled: boolean | undefined;
  /** True from the first break until the line has answered again. */
  private isTold = false;
  private inTurn: Promise<unknown> = Promise.resolve();
  private next: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    config: Config,
    private readonly sql: Sql,
  ) {
    this.setting = listenSetting(config);
    if (config.DATABASE_URL) this.options = { ...postgresOptions(config, this.setting), query_timeout: DEAD_AFTER_MS };
  }

  /** Begins to listen, and goes on until the service stops. */
  listen(listening: Listening): void {
    if (this.options) void this.lay(this.options, listening);
  }

  /** True while announcements are heard. */
  get isListening(): boolean {
    return this.client !== undefined && this.isPooled === false;
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
      const { rows } = await client.query(text, values);
      this.isTold = false;
      return rows as Row[];
    } catch (error) {
      // A line that is slow or answers with errors is laid anew rather than asked again.
      socketOf(client).destroy();
      throw error;
    }
  }

  private async lay(options: pg.ClientConfig, listening: Listening): Promise<void> {
    // For the embedded database, they would cost every start 80 ms.
    const [{ Client }, { closeIfSlow }] = await Promise.all([
      import('pg').then((pg) => pg.default),
      import('./slow-statements.js'),
    ]);
    const client = new Client(options);
    closeIfSlow(client);
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
      if (this.setting === 'DATABASE_LISTEN_URL')
        await demandSameDatabase(client, (text) => this.sql.rows<object>(text));
      await this.begin(client, listening.channel);
    } catch (error) {
      socketOf(client).destroy();
      return breaks(error as Error);
    }
    if (isBroken || this.closed) return void socketOf(client).destroy();
    this.client = client;
    listening.begun();
  }

  private async begin(client: pg.Client, channel: string): Promise<void> {
    const wasPooled = this.isPooled;
    this.isPooled = await isPooled(client);
    if (!this.isPooled) return void (await client.query(`LISTEN ${channel}`));
    if (wasPooled) return;
    this.logger.warn(
      `${this.setting} leads to a pooler, through which nothing can be listened to: ended sessions count elsewhere within seconds rather than milliseconds. Set DATABASE_LISTEN_URL to the server itself.`,
    );
  }

  private broke(error: Error | undefined, layAgain: () => void): void {
    this.client = undefined;
    if (this.closed) return;
    if (!this.isTold) this.logger.warn({ message: 'The line to the database broke; it is laid again.', error });
    this.isTold = true;
    this.next = setTimeout(layAgain, LAY_AGAIN_MS).unref();
  }
}
