import { type Answer, send } from './http.js';

/** Asks as a browser does before it lets a page of another origin send its request. */
export function preflight(url: string, origin: string, method: string): Promise<Answer> {
  return send('OPTIONS', url, {
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization, content-type',
    },
  });
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
