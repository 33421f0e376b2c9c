import type { IncomingMessage } from 'node:http';
import type { Presented, TokenPrincipal } from '../auth/door.js';
import type { AccessTokenStrategy } from '../auth/strategies/access-token.strategy.js';
import type { Config } from '../config/env.js';
import type { Contract } from './contract.js';
import type { Contracts } from './contracts.js';

/** How a route answers whose answer follows from an access token alone. */
export type ShortCut =
  /** To whom the token speaks for: what its controller answers too. */
  | { readonly me: (principal: TokenPrincipal) => object }
  /** To a question about a token, which the request has in its body. */
  | { readonly tokenIn: (body: Buffer, mediaType: string) => unknown; readonly valid: object };

/** What reads and checks tokens. */
interface Tools {
  readonly accessTokens: AccessTokenStrategy;
  readonly parseCookie: (header: string) => Presented['cookies'];
}

const NO_COOKIES: Presented['cookies'] = {};

/** What a short cut answers. */
export interface ShortAnswer {
  readonly body: object;
  /** Whom the request speaks for, if it does for anybody. */
  readonly accountId: number | null;
}

/** A route with a short cut. */
export interface ShortRoute {
  readonly method: string;
  readonly route: string;
  readonly contract: string;
  /** Whether its token is in the body, which is given to `answer` then. */
  readonly asksInBody: boolean;
  /** The answer; `undefined` for whatever is not plain: a token that is missing, new or refused. */
  readonly answer: (request: IncomingMessage, body?: Buffer) => ShortAnswer | undefined;
}

/** The hot routes of the contracts, which have an answer at once for a token that this instance has verified before. */
export class ShortCuts {
  private readonly byPath = new Map<string, ShortRoute>();
  private tools: Tools | undefined;

  constructor(
    contracts: Contracts,
    private readonly config: Config,
  ) {
    for (const contract of contracts.all)
      for (const [key, cut] of Object.entries(contract.shortCuts ?? {})) {
        const [method = '', path = ''] = key.split(' ');
        const route = this.routeOf(contract, method, path, cut);
        this.byPath.set(route.route, route);
        if (contracts.ofBarePath(path) === contract) this.byPath.set(path, route);
      }
  }

  /** Lets them be taken, once there is what they need. */
  open(tools: Tools): void {
    this.tools = tools;
  }

  /** The short cut of a request whose target is just its path. */
  routeFor({ method, url = '' }: IncomingMessage): ShortRoute | undefined {
    const route = this.byPath.get(url);
    return route?.method === method ? route : undefined;
  }

  private routeOf(contract: Contract, method: string, path: string, cut: ShortCut): ShortRoute {
    const asksInBody = 'valid' in cut;
    const answer = asksInBody
      ? (request: IncomingMessage, body?: Buffer) => this.ofToken(contract, cut, request, body)
      : (request: IncomingMessage) => this.ofPrincipal(contract, cut, request);
    const about = { method, route: `/${contract.name}${path}`, contract: contract.name, asksInBody };
    return { ...about, answer: (request, body) => unlessThrown(() => answer(request, body)) };
  }

  private ofPrincipal(
    { name, accessToken }: Contract,
    cut: Extract<ShortCut, { me: unknown }>,
    { headers }: IncomingMessage,
  ): ShortAnswer | undefined {
    const cookies = headers.cookie === undefined ? NO_COOKIES : this.tools?.parseCookie(headers.cookie);
    const token = cookies && accessToken?.read({ headers, cookies }, this.config);
    const principal = token === undefined ? undefined : this.tools?.accessTokens.recall({ token, contract: name });
    return principal && { body: cut.me(principal), accountId: principal.accountId };
  }

  private ofToken(
    { name }: Contract,
    { tokenIn, valid }: Extract<ShortCut, { valid: unknown }>,
    { headers }: IncomingMessage,
    body?: Buffer,
  ): ShortAnswer | undefined {
    const token = body && tokenIn(body, headers['content-type'] ?? '');
    if (typeof token !== 'string' || !this.tools?.accessTokens.knows({ token, contract: name })) return undefined;
    return { body: valid, accountId: null };
  }
}

/** What is thrown is a refusal, which the controller words. */
function unlessThrown<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
