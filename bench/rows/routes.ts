import type { Request } from '../load/request.js';
import type { Store } from '../store/store.js';

/** A route where a request takes microseconds. */
export interface HotRoute {
  readonly name: string;
  /** What the service does for a request. */
  readonly does: string;
  readonly requests: readonly Request[];
}

/** So many different tokens are in use at once. */
export const TOKENS = 2000;

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });
const CHECKED = 'signature remembered, expiry, revocations; request id, log line, metrics';

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

/** Checks that read the store. */
export function storeRoutes(store: Store): HotRoute[] {
  const mint = store.mint();
  const opaque = mint.opaque(TOKENS);
  const access = mint.access(TOKENS, 'token-pair');
  mint.close();
  const { client } = store;
  return [
    {
      name: 'opaque token check',
      does: 'SHA-256, session and account read from the store, use noted; request id, log line, metrics',
      requests: opaque.map((token) => ({ path: '/account', headers: bearer(token) })),
    },
    {
      name: 'introspection',
      does: `form body, client read from the store and its secret compared, ${CHECKED}`,
      requests: access.map((token) => ({
        method: 'POST',
        path: '/oauth/introspect',
        headers: { authorization: client },
        body: `token=${token}`,
      })),
    },
  ];
}
