import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';

/** How a command ended, and what it wrote. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how a command runs. */
export interface Surroundings {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty unless given. */
  readonly input?: string | Buffer;
  /** Which user of the system runs it; the one that runs the test unless given. */
  readonly uid?: number;
}

/** Runs `bin/latchkey.js` in a folder, with no environment but the given one. */
export async function latchkey(
  { folder, env = {}, input = '', uid }: Surroundings,
  ...args: string[]
): Promise<Ending> {
  const child = spawn(process.execPath, [resolve('bin/latchkey.js'), ...args], {
    cwd: folder,
    env,
    ...(uid !== undefined && { uid }),
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  // A command that refuses before it reads has closed its end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}

/** What the embedded database of a folder holds. */
export function stored<Row>(dataDir: string, statement: string): Row[] {
  const database = new Database(join(dataDir, 'latchkey.db'), { fileMustExist: true });
  try {
    return database.prepare(statement).all() as Row[];
  } finally {
    database.close();
  }
}

/** What was recorded on the command line, in the order in which it was done. */
export function trail(dataDir: string): object[] {
  return stored(
    dataDir,
    `SELECT kind, account_id, detail FROM audit_events
     WHERE door = 'command line' AND actor = 'command line' AND refusal IS NULL ORDER BY id`,
  );
}

/** A time as it is printed. */
export const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
