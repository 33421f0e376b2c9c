import { SIZE } from '../runner/size.js';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is skipped on this machine. */
    needs?: string;
  }
}

/**
 * Options of a test or suite that is skipped where something is missing. The end of the run names it.
 * @param missing what is missing here, in words; nothing if the tests can run
 */
export function needing(missing: string | undefined): { readonly skip: boolean; readonly meta: { needs?: string } } {
  return missing ? { skip: true, meta: { needs: missing } } : { skip: false, meta: {} };
}

/** Options of a test that only the full size runs: what it shows is costly, and the small size shows most of it elsewhere. */
export const AT_FULL_SIZE = needing(SIZE === 'full' ? undefined : 'TEST_SIZE=full');
