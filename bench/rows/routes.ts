import type { Request } from '../load/request.js';
import type { Store } from '../store/store.js';

/** A route where a request takes microseconds. */
export interface HotRoute {
  readonly name: string;
  /** What the service does for a request. */
  readonly does: string;
  readonly requests: readonly Request[];
  /** What part of the limit it is to reach. */
  readonly atLeast?: number;
}

/** So many different tokens are in use at once. */
export const TOKENS = 2000;

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });
const SAID = 'request id, log line, metrics';
const CHECKED = `signature remembered, expiry, revocations; ${SAID}`;
const OF_LIMIT = 0.5;

/** Protected requests: those whose token is checked without the database. */
export function protectedRoutes(store: Store): HotRoute[] {
  const mint = store.mint();
  const access = mint.access(TOKENS, 'token-pair');
  const cookies = mint.access(TOKENS, 'cookie');
  mint.close();
  return [
    {
      name: '/protected/me',
      does: CHECKED,
      requests: cookies.map((token) => ({ path: '/cookie/protected/me', headers: { cookie: `token=${token}` } })),
    },
    {
      name: '/auth/getuser',
      does: CHECKED,
      requests: access.map((token) => ({ path: '/token-pair/auth/getuser', headers: bearer(token) })),
    },
    {
      name: 'verify',
      does: `JSON body, ${CHECKED}`,
      requests: access.map((token) => ({ method: 'POST', path: '/token-pair/auth/token/verify', body: { token } })),
    },
  ];
}

/** What other tokens and other questions cost. */
export function storeRoutes(store: Store): HotRoute[] {
  const mint = store.mint();
  const opaque = mint.opaque(TOKENS);
  const access = mint.access(TOKENS, 'token-pair');
  mint.close();
  const asked = (token: string): Request => ({
    method: 'POST',
    path: '/oauth/introspect',
    headers: { authorization: store.client },
    body: `token=${token}`,
  });
  return [
    {
      name: 'opaque token check',
      does: `form body, SHA-256 of the client’s secret, what was read of client and session a moment ago, ${SAID}`,
      requests: opaque.map(asked),
      atLeast: OF_LIMIT,
    },
    {
      name: 'introspection',
      does: `form body, SHA-256 of the client’s secret, what was read of the client a moment ago, ${CHECKED}`,
      requests: access.map(asked),
      atLeast: OF_LIMIT,
    },
    {
      name: '/account with an opaque token',
      does: `what was read of the session a moment ago, the account read from the store, use noted; ${SAID}`,
      requests: opaque.map((token) => ({ path: '/account', headers: bearer(token) })),
    },
  ];
}
