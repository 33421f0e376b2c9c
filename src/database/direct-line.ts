import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { Config } from '../config/env.js';
import { postgresOptions } from './postgres-options.js';
import type { BoundStatement } from './sql.js';

/** How long a statement on the line may take before the line is taken for dead, in milliseconds. */
const DEAD_AFTER_MS = 1500;

/** How long after the line broke it is laid again, in milliseconds. */
const LAY_AGAIN_MS = 500;

/** What a line does for whoever listens. */
export interface Listening {
  readonly channel: string;
  /** Called when the line begins to listen: what was said before went by unheard. */
  readonly begun: () => void;
  /** Called when somebody said something. */
  readonly heard: () => void;
}

/**
 * One connection to PostgreSQL beside the pool, which hears what is announced (NOTIFY) and answers questions however busy
 * the pool is. It is laid again by itself whenever it breaks. With SQLite there is none.
 */
@Injectable()
export class DirectLine implements OnApplicationShutdown {
  private readonly logger = new Logger(DirectLine.name);
  private client: pg.Client | undefined;
  private inTurn: Promise<unknown> = Promise.resolve();
  private next: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly config: Config) {}

  /** Begins to listen, and goes on until the service stops. */
  listen(listening: Listening): void {
    if (this.config.DATABASE_URL) void this.lay(listening);
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

  private async ask<Row>({ text, values }: BoundStatement): Promise<Row[] | undefined> {
    const { client } = this;
    if (!client) return undefined;
    try {
      return (await client.query(text, values)).rows as Row[];
    } catch (error) {
      // A line that is slow or answers with errors is laid anew rather than asked again.
      hangUp(client);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.next);
    if (this.client) await this.client.end().catch(() => undefined);
  }

  private async lay(listening: Listening): Promise<void> {
    const client = new pg.Client({ ...postgresOptions(this.config), query_timeout: DEAD_AFTER_MS });
    let isBroken = false;
    const breaks = (error?: Error): void => {
      if (isBroken) return;
      isBroken = true;
      this.broke(listening, error);
    };
    client.on('error', breaks);
    client.on('end', () => breaks());
    client.on('notification', () => listening.heard());
    try {
      await client.connect();
      await client.query(`LISTEN ${listening.channel}`);
    } catch (error) {
      hangUp(client);
      return breaks(error as Error);
    }
    if (isBroken || this.closed) return hangUp(client);
    this.client = client;
    listening.begun();
  }

  private broke(listening: Listening, error: Error | undefined): void {
    const wasUp = this.client !== undefined;
    this.client = undefined;
    if (this.closed) return;
    if (wasUp) this.logger.warn({ message: 'The line to the database broke; it is laid again.', error });
    this.next = setTimeout(() => void this.lay(listening), LAY_AGAIN_MS).unref();
  }
}

/** Closes a connection without waiting for the other end, which may be gone. */
function hangUp(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
