import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIZE } from './size.js';

/** Memory that Linux mounts as a file system. Syncs cost nothing there, so only the full size uses the disk. */
const MEMORY = '/dev/shm';

/** Free bytes that a run asks for: several times what all tests hold at once. */
const ENOUGH = 4e9;

const PREFIX = 'latchkey-tests-';

/** Makes one folder for all that a run of the tests writes; it is every worker's temporary folder and goes with the run. */
export function useTemporaryFolder(): void {
  const parent = SIZE === 'small' && hasRoom(MEMORY) ? MEMORY : tmpdir();
  for (const name of readdirSync(parent)) if (isAbandoned(parent, name)) remove(join(parent, name));
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  // PostgreSQL and the tests about foreign users reach their folders in it as somebody else.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.on('exit', () => remove(folder));
}

function hasRoom(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize > ENOUGH;
  } catch {
    return false;
  }
}

/** True for the folder of a run of this user's that was killed. */
function isAbandoned(parent: string, name: string): boolean {
  if (!name.startsWith(PREFIX)) return false;
  // Another run that ends now removes its own.
  const stats = lstatSync(join(parent, name), { throwIfNoEntry: false });
  if (!stats || stats.uid !== process.getuid?.()) return false;
  try {
    process.kill(Number.parseInt(name.slice(PREFIX.length), 10), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Removes a folder. A failure is only reported: a killed test may have left a file system mounted in it. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    process.stderr.write(`${folder} could not be removed (${(error as NodeJS.ErrnoException).code}).\n`);
  }
}
