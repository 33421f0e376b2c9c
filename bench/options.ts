import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** Fewer and shorter rounds, and only what needs no long start. */
  readonly quick: boolean;
  /** Compares with the results in the repository. */
  readonly check: boolean;
  /** Writes results, which a full run always does. */
  readonly write: boolean;
  /** Only these groups. */
  readonly only: readonly string[] | undefined;
  /** Minutes of mixed load, measured in place of all else. */
  readonly soak: number | undefined;
}

/** @throws {Error} for what is not known or wrong */
export function readOptions(args: readonly string[], groups: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string' },
      soak: { type: 'string' },
    },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !groups.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown} is not known. Known: ${groups.join(', ')}.`);
  const soak = values.soak === undefined ? undefined : Number(values.soak);
  if (soak !== undefined && !(soak > 0)) throw new Error(`--soak ${values.soak} is not a number of minutes.`);
  return { ...values, only, soak };
}
