import { type Answer, send } from './http.js';

/**
 * Asks as a browser does before it lets a page of another origin send its request.
 * @param asked the headers of that request beside those that every page may send
 */
export function preflight(
  url: string,
  origin: string,
  method: string,
  asked = 'authorization,content-type',
): Promise<Answer> {
  return send('OPTIONS', url, {
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': asked },
  });
}

/** Everything that an answer tells the pages of other origins. */
export function crossOrigin({ headers }: Pick<Answer, 'headers'>): Answer['headers'] {
  const told = Object.entries(headers).filter(([name]) => name === 'vary' || name.startsWith('access-control-'));
  return Object.fromEntries(told);
}

/** Whose pages an answer lets read it, and whether with their cookies. */
export function readers({ headers }: Answer): { origin: string | undefined; credentials: string | undefined } {
  return {
    origin: headers['access-control-allow-origin'],
    credentials: headers['access-control-allow-credentials'],
  };
}

/** The header names in a list, in lower case. */
export function listed(header: string | undefined): string[] {
  return (header ?? '').split(/, */).map((name) => name.toLowerCase());
}
