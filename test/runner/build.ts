import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

const SOURCES = ['src', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Written after each build that succeeded: one that fails or is broken off leaves files in `dist` too. */
const STAMP = 'node_modules/.cache/latchkey/built';

/**
 * Makes `dist` out of `src`, unless no source has changed since the last time.
 * @throws {Error} with the compiler's words if `src` does not build
 */
export async function buildIfStale(): Promise<void> {
  const startedAt = new Date();
  if (existsSync('dist/main.js') && existsSync(STAMP) && SOURCES.every((path) => newestMs(path) < newestMs(STAMP)))
    return;
  const child = spawn('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`npm run build failed:\n${output}${errors}`);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, '');
  // The start of the build, so that a source changed meanwhile counts as newer.
  utimesSync(STAMP, startedAt, startedAt);
}

/** Time of the last change of a file, or of a folder with all that is in it. */
function newestMs(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time changes with the names in it, so a file that was removed counts too.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
