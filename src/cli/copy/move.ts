import { setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { CommandError } from '../command-error.js';
import { remark } from '../output.js';
import { type Copied, CommitInDoubt, fill } from './fill.js';
import type { Source } from './source.js';
import { tablesOf } from './target.js';

/** What a running service writes behind its answers, and how long it takes to write what it had answered, in milliseconds. */
const WRITTEN_LATE = ['audit_events', 'usage_days'];
const LATE_MS = 2000;

/**
 * Freezes a database and copies it. If that fails, it is as frozen as it was before.
 * @throws {CommandError} why it failed
 */
export async function move(source: Source, target: DataSource, signal: AbortSignal): Promise<Copied[]> {
  const wasFrozen = source.isFrozen;
  try {
    await freezeAll(source, tablesOf(target), signal);
    return await fill(target, source, signal);
  } catch (error) {
    if (error instanceof CommitInDoubt) throw error;
    const isFree = !wasFrozen && thawed(source);
    throw isFree ? told(error) : staysFrozen(error, source);
  }
}

async function freezeAll(source: Source, tables: readonly string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  source.freeze(tables.filter((table) => !WRITTEN_LATE.includes(table)));
  if (source.isServed) {
    remark(`${source.file} is frozen: the service answers 503 to whatever would write, and goes on with the rest.`);
    await setTimeout(LATE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  source.freeze(tables);
}

/** Whether the database takes writes again; its disk may be full. */
function thawed(source: Source): boolean {
  try {
    source.thaw();
    return true;
  } catch {
    return false;
  }
}

function staysFrozen(cause: unknown, { file }: Source): CommandError {
  const { message } = told(cause);
  return new CommandError(`${message} ${file} stays frozen; to let it go, run: latchkey copy --undo`, { cause });
}

/** PostgreSQL repeats a value that is no number or no time, and never a text: no secret can be in what it says. */
function told(cause: unknown): CommandError {
  if (cause instanceof CommandError) return cause;
  const { message } = cause as Error;
  return new CommandError(`The copy failed, and nothing was copied: ${message}.`, { cause });
}
