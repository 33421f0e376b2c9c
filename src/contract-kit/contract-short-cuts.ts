import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Presented, TokenPrincipal } from '../auth/door.js';
import { AccessTokenStrategy } from '../auth/strategies/access-token.strategy.js';
import { Config } from '../config/env.js';
import type { Contract } from './contract.js';
import type { Contracts } from './contracts.js';
import { JsonBody, type ShortRoute, type Shortly } from './short-cuts.js';

/** How a contract answers at a route where the answer follows from an access token alone. */
export type TokenAnswer =
  /** To whom the token speaks for. */
  | { readonly me: (principal: TokenPrincipal) => object }
  /** To a question about a token, which the request has in its body. */
  | { readonly tokenIn: (body: Buffer, mediaType: string) => unknown; readonly valid: object };

interface Asked extends Pick<Extract<TokenAnswer, { valid: unknown }>, 'tokenIn'> {
  readonly valid: JsonBody;
}

/** Makes the short cuts of the contracts. */
@Injectable()
export class ContractShortCuts {
  constructor(
    private readonly accessTokens: AccessTokenStrategy,
    private readonly config: Config,
  ) {}

  of(contracts: Contracts): ShortRoute[] {
    return contracts.all.flatMap((contract) =>
      Object.entries(contract.tokenAnswers ?? {}).map(([key, how]): ShortRoute => {
        const [method, path] = key.split(' ') as [ShortRoute['method'], string];
        const route = `/${contract.name}${path}`;
        const paths = contracts.ofBarePath(path) === contract ? [route, path] : [route];
        const common = { method, route, paths, contract: contract.name };
        if ('me' in how) {
          const me = onceForEach(how.me);
          return { ...common, asksInBody: false, answer: (request) => this.me(contract, me, request) };
        }
        const asked = { tokenIn: how.tokenIn, valid: new JsonBody(how.valid) };
        return {
          ...common,
          asksInBody: true,
          answer: ({ headers }, body) => this.asked(contract, asked, headers, body),
        };
      }),
    );
  }

  private me(
    { name, accessToken }: Contract,
    me: (principal: TokenPrincipal) => JsonBody,
    presented: Presented,
  ): Shortly {
    const tokens = accessToken?.read(presented, this.config);
    const principal = tokens === undefined ? undefined : this.accessTokens.recall({ tokens, contract: name });
    return principal && { body: me(principal), accountId: principal.accountId };
  }

  private asked(
    { name }: Contract,
    { tokenIn, valid }: Asked,
    headers: IncomingMessage['headers'],
    body: Buffer | undefined,
  ): Shortly {
    const token = body && tokenIn(body, headers['content-type'] ?? '');
    const isKnown = typeof token === 'string' && this.accessTokens.knows(token, name);
    return isKnown ? { body: valid, accountId: null } : undefined;
  }
}

/** What is answered to whom a token speaks for, made once for each token: it follows from the claims alone. */
function onceForEach(me: (principal: TokenPrincipal) => object): (principal: TokenPrincipal) => JsonBody {
  const made = new WeakMap<object, JsonBody>();
  return (principal) => {
    const known = made.get(principal.claims);
    if (known) return known;
    const body = new JsonBody(me(principal));
    made.set(principal.claims, body);
    return body;
  };
}
