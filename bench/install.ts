import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const LOCK = 'bench/package-lock.json';
const INSTALLED = 'bench/node_modules/.package-lock.json';

/** Installs what only the benchmark needs, unless that was done since its lock file changed. */
export function installBench(): void {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs) return;
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: 'bench', stdio: 'inherit' });
}
