import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { SIZE } from './size.js';

/** Every spec file, as a path from the project's folder. */
export const SPEC_FILES = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((path) => /[.-]spec\.ts$/.test(path))
  .map((path) => `test/${path}`);

/** Marks of a file that chooses its own engine, starts processes, or looks at a page. */
const CHOOSES_ENGINE =
  /support\/(postgres|postgres-server|engines|swagger-ui)\.js|ON_SQLITE|startProcess\(|startTraced\(/;

/**
 * Files that run on PostgreSQL at full size only. Most are about what lies above the store: HTTP, the wire of each contract,
 * documents, logs, mails, keys and hashing. The statements of the others are those of files that always run on both, above all
 * `every-contract` and `across-contracts`.
 */
const SQLITE_IS_ENOUGH = [
  /^test\/(cli|config|contracts|documents|faults|http|metrics)\//,
  /^test\/(email-verification-mails|guards|health|logs|mail-server|pending-accounts|secrets|security|strict|timers)\./,
  /^test\/core\/(bcrypt-worker|forgeries|hashing|identifiers|key-ring|no-password|password|restarts|token)/,
  /^test\/limits\/(answers|mail-address|network-levels|settings)\./,
  /^test\/oauth\/(client-tokens|introspect-times|documents|openid-client|scopes|verifiers|well-known)\./,
  /^test\/account\/(cross-site|devices|document|email-change-link|last-seen|password-reset-request|pin|secrets)\./,
];

/** True if a file runs on PostgreSQL too: it starts services and leaves the engine open. */
export function runsOnPostgres(file: string, size = SIZE): boolean {
  const text = readFileSync(file, 'utf8');
  if (!text.includes('support/service.js') || CHOOSES_ENGINE.test(text)) return false;
  return size === 'full' || !SQLITE_IS_ENOUGH.some((pattern) => pattern.test(file));
}

/** Module that every file imports, directly or not, that runs the built service or command line. */
const BUILT = join('test', 'support', 'built.ts');

const known = new Map<string, boolean>();

/** True if a file runs what `npm run build` makes. */
export function needsBuild(file: string): boolean {
  const needs = known.get(file) ?? withImports(file).has(BUILT);
  known.set(file, needs);
  return needs;
}

/** A file and everything in `test/` that it imports, directly or not. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  seen.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/ from '(\.{1,2}\/[^']+)\.js'/g)) {
    const path = relative('.', resolve(dirname(file), `${specifier}.ts`));
    if (path.startsWith('test') && existsSync(path) && !seen.has(path)) withImports(path, seen);
  }
  return seen;
}
