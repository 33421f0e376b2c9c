import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

// A spec file that imports this module, directly or not, has `npm run build` run before it where the build is out of date.

/** The service as a program. */
export const MAIN = resolve('dist/main.js');

/** The command line as a program. */
export const LATCHKEY = resolve('bin/latchkey.js');

/** URL of a compiled module, given its path below `dist/`. */
export function builtModule(path: string): string {
  return pathToFileURL(resolve('dist', path)).href;
}
