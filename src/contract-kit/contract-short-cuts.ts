import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Presented, TokenPrincipal } from '../auth/door.js';
import { AccessTokenStrategy } from '../auth/strategies/access-token.strategy.js';
import { Config } from '../config/env.js';
import type { Contract } from './contract.js';
import type { Contracts } from './contracts.js';
import type { ShortRoute, Shortly } from './short-cuts.js';

/** How a contract answers at a route where the answer follows from an access token alone. */
export type TokenAnswer =
  /** To whom the token speaks for. */
  | { readonly me: (principal: TokenPrincipal) => object }
  /** To a question about a token, which the request has in its body. */
  | { readonly tokenIn: (body: Buffer, mediaType: string) => unknown; readonly valid: object };

/** Makes the short cuts of the contracts. */
@Injectable()
export class ContractShortCuts {
  constructor(
    private readonly accessTokens: AccessTokenStrategy,
    private readonly config: Config,
  ) {}

  /** @param parseCookie reads the header Cookie */
  of(contracts: Contracts, parseCookie: (header: string) => Presented['cookies']): ShortRoute[] {
    return contracts.all.flatMap((contract) =>
      Object.entries(contract.tokenAnswers ?? {}).map(([key, how]): ShortRoute => {
        const [method, path] = key.split(' ') as [ShortRoute['method'], string];
        const route = `/${contract.name}${path}`;
        const paths = contracts.ofBarePath(path) === contract ? [route, path] : [route];
        const common = { method, route, paths, contract: contract.name };
        return 'me' in how
          ? { ...common, asksInBody: false, answer: ({ headers }) => this.me(contract, how, presented(headers)) }
          : { ...common, asksInBody: true, answer: ({ headers }, body) => this.asked(contract, how, headers, body) };
      }),
    );

    function presented(headers: IncomingMessage['headers']): Presented {
      return { headers, cookies: headers.cookie === undefined ? {} : parseCookie(headers.cookie) };
    }
  }

  private me(
    { name, accessToken }: Contract,
    { me }: Extract<TokenAnswer, { me: unknown }>,
    presented: Presented,
  ): Shortly {
    const token = accessToken?.read(presented, this.config);
    const principal = token === undefined ? undefined : this.accessTokens.recall({ token, contract: name });
    return principal && { body: me(principal), accountId: principal.accountId };
  }

  private asked(
    { name }: Contract,
    { tokenIn, valid }: Extract<TokenAnswer, { valid: unknown }>,
    headers: IncomingMessage['headers'],
    body: Buffer | undefined,
  ): Shortly {
    const token = body && tokenIn(body, headers['content-type'] ?? '');
    const isKnown = typeof token === 'string' && this.accessTokens.knows({ token, contract: name });
    return isKnown ? { body: valid, accountId: null } : undefined;
  }
}
