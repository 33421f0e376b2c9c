/** What a check found, and what to do about it if it is not well. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was looked at. */
  readonly about: 'settings' | 'address' | 'limits' | 'files' | 'database' | 'names' | 'keys' | 'mail' | 'clock';
  readonly found: string;
  /** What to do, unless all is well. */
  readonly advice?: string;
}

/** All is well. */
export function ok(about: Finding['about'], found: string): Finding {
  return { level: 'ok', about, found };
}

/** Something that may be meant so, or may turn into a failure. */
export function warn(about: Finding['about'], found: string, advice: string): Finding {
  return { level: 'warn', about, found, advice };
}

/** Something that keeps the service from working, or lets others in. */
export function fail(about: Finding['about'], found: string, advice: string): Finding {
  return { level: 'fail', about, found, advice };
}

/** A failure's message, in one line. */
export function reasonOf(error: unknown): string {
  // TypeORM wraps what a driver says.
  const { driverError = error } = error as { readonly driverError?: unknown };
  const { message, code } = driverError as NodeJS.ErrnoException;
  return (message || String(code)).replace(/\s+/g, ' ').replace(/\.$/, '');
}
