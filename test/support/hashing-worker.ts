import { resolve } from 'node:path';

/** Where the compiled hashing thread of a test run is; below node_modules, so that it finds its library. */
export const HASHING_WORKER = resolve('node_modules/.cache/latchkey/bcrypt.worker.mjs');
