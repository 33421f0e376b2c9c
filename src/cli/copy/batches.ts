import { CommandError } from '../command-error.js';

/** How many rows one statement takes at most, and how many characters of JSON before it takes no further row. */
const BATCH_ROWS = 5000;
const BATCH_CHARACTERS = 4_000_000;

/** Rows of a table, as one statement takes them. */
export interface Batch {
  /** An array in JSON. */
  readonly json: string;
  readonly count: number;
}

/**
 * Collects rows into batches, so that however many there are, few are in memory.
 * @throws {CommandError} for a value that PostgreSQL cannot hold
 */
export function* batchesOf(table: string, rows: Iterable<Readonly<Record<string, unknown>>>): Generator<Batch> {
  let waiting: string[] = [];
  let characters = 0;
  for (const row of rows) {
    demandPortable(table, row);
    characters += waiting[waiting.push(JSON.stringify(row)) - 1]?.length ?? 0;
    if (waiting.length < BATCH_ROWS && characters < BATCH_CHARACTERS) continue;
    yield batch(waiting);
    waiting = [];
    characters = 0;
  }
  if (waiting.length > 0) yield batch(waiting);
}

function batch(rows: readonly string[]): Batch {
  return { json: `[${rows.join(',')}]`, count: rows.length };
}

/** The service writes neither NUL nor bytes; whatever else wrote into the file may have. */
function demandPortable(table: string, row: Readonly<Record<string, unknown>>): void {
  for (const [column, value] of Object.entries(row)) {
    const what = typeof value === 'string' && value.includes('\0') ? 'a NUL' : value instanceof Buffer && 'bytes';
    if (what)
      throw new CommandError(
        `${table}.${column} holds ${what}, which PostgreSQL does not take, in the row ${JSON.stringify(Object.values(row)[0])}.`,
      );
  }
}
