import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import type { Driver } from '../drivers/driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { UNAUTHENTICATED } from './cookie.client.js';
import { withCookie } from './cookies.js';
import { AccountClient } from './account.client.js';
import { type Answer, send, type Sending } from './http.js';
import type { Person } from './people.js';
import { basicOf, bearerOf, OAuthClient } from './oauth.client.js';
import { IN_BODY, IN_HEADER } from './pairs.js';
import { problem } from './problems.js';
import type { Service } from './service.js';

/** Makes the rest of a request that carries a token. */
type Carrying = (token: string) => Required<Pick<Sending, 'headers'>> & { readonly body?: string };

/** What makes a token worthless. */
export type End = 'revoked' | 'deactivated' | 'expired' | 'withdrawn';

/** A route whose answer follows from a token. */
export interface HotRoute {
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** Where it is asked. */
  readonly path: string;
  /** What the log and the metrics call it. */
  readonly route: string;
  /** The contract that answers. */
  readonly contract: string | null;
  /** The contract that gave the token. */
  readonly driver: Driver;
  /** Whether its short cut is there; any other passes the same tests without one. */
  readonly isShort: boolean;
  /** Whether a request is a use of the token's session. */
  readonly isUse: boolean;
  readonly carrying: (service: Service) => Promise<Carrying>;
  /** What it answers about a token that came to an end. */
  readonly refusals: Readonly<Record<End, object>>;
}

type Kind = Omit<HotRoute, 'title' | 'path'> & { readonly by: string };

const inCookie = async (): Promise<Carrying> => (token) => ({ headers: withCookie(token) });
const inHeader = async (): Promise<Carrying> => (token) => ({ headers: bearerOf(token) });
const inJson = async (): Promise<Carrying> => (token) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ token }),
});

/** In a form, of a service client of its own. */
async function inForm(service: Service): Promise<Carrying> {
  const { credentials } = await OAuthClient.of(service, 'introspect');
  const headers = { ...basicOf(credentials), 'content-type': 'application/x-www-form-urlencoded' };
  return (token) => ({ headers, body: new URLSearchParams({ token }).toString() });
}

/** One refusal of whatever it is that ended. */
function always(refusal: object): Record<End, object> {
  return { revoked: refusal, deactivated: refusal, expired: refusal, withdrawn: refusal };
}

const ME = {
  method: 'GET',
  route: '/cookie/protected/me',
  contract: 'cookie',
  driver: cookie,
  isShort: true,
  isUse: true,
  refusals: always(UNAUTHENTICATED),
} as const;

const ACCOUNT = {
  method: 'GET',
  route: '/account',
  contract: null,
  isShort: true,
  isUse: true,
  carrying: inHeader,
  refusals: {
    revoked: problem('token_revoked'),
    deactivated: problem('token_account_deactivated'),
    expired: problem('token_expired'),
    withdrawn: problem('token_forged'),
  },
} as const;

const INTROSPECT = {
  method: 'POST',
  route: '/oauth/introspect',
  contract: null,
  isShort: true,
  isUse: false,
  carrying: inForm,
  refusals: always({ status: 200, body: { active: false } }),
} as const;

const KINDS: readonly Kind[] = [
  { ...ME, by: 'by the cookie', carrying: inCookie },
  { ...ME, by: 'by a Bearer token', carrying: inHeader },
  {
    method: 'GET',
    route: '/token-pair/auth/getuser',
    contract: 'token-pair',
    driver: tokenPair,
    by: 'by a Bearer token',
    isShort: true,
    isUse: true,
    carrying: inHeader,
    refusals: { ...always(IN_HEADER.notValid), deactivated: IN_HEADER.inactive },
  },
  {
    method: 'POST',
    route: '/token-pair/auth/token/verify',
    contract: 'token-pair',
    driver: tokenPair,
    by: 'about a token in JSON',
    isShort: true,
    isUse: false,
    carrying: inJson,
    refusals: always(IN_BODY.notValid),
  },
  { ...ACCOUNT, by: 'by an opaque token', driver: opaqueToken },
  { ...ACCOUNT, by: 'by a JWT', driver: tokenPair },
  { ...ACCOUNT, by: 'by the cookie', driver: cookie, isShort: false, carrying: inCookie },
  { ...INTROSPECT, by: 'about a JWT', driver: tokenPair },
  { ...INTROSPECT, by: 'about an opaque token', driver: opaqueToken },
];

/** Every hot route at each of its paths. */
export const HOT_ROUTES: readonly HotRoute[] = KINDS.flatMap(({ by, ...kind }) =>
  pathsOf(kind).map((path) => ({ ...kind, path, title: `${kind.method} ${path} ${by}` })),
);

/** Its base path, and the bare path that its contract's document prints. */
function pathsOf({ route, contract }: Pick<HotRoute, 'route' | 'contract'>): string[] {
  return contract === null ? [route] : [route, route.slice(contract.length + 1)];
}

/** Somebody's token, which the service has issued and not seen since, and whoever asks a hot route with it. */
export interface Asker {
  readonly person: Person;
  readonly token: string;
  /** The headers and the body of a request with the token. */
  readonly carried: ReturnType<Carrying>;
  /** Asks the route. @param headers beside those that it needs */
  readonly ask: (headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Asks it with another token. */
  readonly askWith: (token: string) => Promise<Answer>;
}

/** A newcomer, or another session of somebody. */
export async function askerOf(service: Service, hot: HotRoute, known?: Person): Promise<Asker> {
  const client = new AccountClient(() => service, hot.driver);
  const { person, token } = await (known ? client.signIn(known) : client.newcomer());
  // An account tells of its last sign-in, which is written a moment later.
  await service.app.get(LastSignIns).flush();
  const carried = (await hot.carrying(service))(token);
  const ask: Asker['ask'] = (headers) =>
    send(hot.method, service.url + hot.path, { ...carried, headers: { ...carried.headers, ...headers } });
  const askWith: Asker['askWith'] = async (other) =>
    send(hot.method, service.url + hot.path, (await hot.carrying(service))(other));
  return { person, token, carried, ask, askWith };
}

/** All of an answer that must not depend on the way on which it was found. */
export function appearance({ status, headers, text }: Pick<Answer, 'status' | 'headers' | 'text'>): object {
  const { date, 'x-request-id': id, ...others } = headers;
  return { status, text, headers: others, hasDate: date !== undefined, hasId: id !== undefined };
}
