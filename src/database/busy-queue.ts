import { setTimeout as wait } from 'node:timers/promises';
import { QueryFailedError } from 'typeorm';

/** How long a statement is tried again while another process holds the lock, in milliseconds. */
const PATIENCE_MS = 1000;

/** The first wait before a statement is tried again, and the longest; each is twice the one before, in milliseconds. */
const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 100;

/** How many statements wait at most. Further ones are tried once. */
const MOST_WAITING = 1000;

/** Statements that a writer's lock does not concern: reads of a write-ahead log, and settings of the connection. */
const FREE = /^\s*(SELECT|PRAGMA)\b/i;

/** True if SQLite refused a statement because another process holds a lock. Nothing of the statement was done. */
export function isBusy(error: unknown): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return String((cause as NodeJS.ErrnoException | undefined)?.code).startsWith('SQLITE_BUSY');
}

/**
 * Tries statements again that found the embedded database locked by another process, one after the other, in the order in
 * which they were given. SQLite's own busy timeout would block the thread that serves requests.
 */
export class BusyQueue {
  private last: Promise<unknown> | undefined;
  private waiting = 0;
  private readonly listeners: (() => void)[] = [];

  /** Calls back whenever a statement begins to wait. */
  onWait(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Runs a statement at once; or, if it writes, behind those that wait.
   * @param run runs it; called again as long as it is refused
   */
  async run<T>(statement: string, run: () => T | Promise<T>): Promise<T> {
    const endsAtMs = performance.now() + PATIENCE_MS;
    const hasRoom = this.waiting < MOST_WAITING;
    if (this.last && hasRoom && !FREE.test(statement)) return this.inTurn(run, endsAtMs);
    try {
      return await run();
    } catch (error) {
      // SQLite itself may have waited, as it does while the service starts.
      if (!isBusy(error) || !hasRoom || performance.now() > endsAtMs) throw error;
      return this.inTurn(run, endsAtMs);
    }
  }

  private inTurn<T>(run: () => T | Promise<T>, endsAtMs: number): Promise<T> {
    this.waiting++;
    for (const listener of this.listeners) listener();
    const turn = (this.last ?? Promise.resolve()).then(() => tryUntil(run, endsAtMs)).finally(() => this.waiting--);
    const last = turn.catch(ignore).finally(() => {
      if (this.last === last) this.last = undefined;
    });
    this.last = last;
    return turn;
  }
}

async function tryUntil<T>(run: () => T | Promise<T>, endsAtMs: number): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await run();
    } catch (error) {
      const leftMs = endsAtMs - performance.now();
      if (!isBusy(error) || leftMs <= 0) throw error;
      await wait(Math.min(waitMs, leftMs));
    }
  }
}

function ignore(): void {}
