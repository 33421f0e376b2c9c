import { CommandError } from './command-error.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs an act that a signal breaks off in order; a second signal ends the process as it is.
 * @param nothing what was not done then
 * @throws {CommandError} as the reason of the act's signal
 */
export async function untilSignal<T>(nothing: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(new CommandError(`Broken off; nothing was ${nothing}.`));
  for (const signal of SIGNALS) process.once(signal, abort);
  try {
    return await act(stop.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, abort);
  }
}
