import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AccountProfileService } from '../auth/account/account-profile.service.js';
import { authorizationToken } from '../auth/guards/account.guard.js';
import { AccessTokenStrategy } from '../auth/strategies/access-token.strategy.js';
import { OpaqueTokenStrategy } from '../auth/strategies/opaque-token.strategy.js';
import { JsonBody, type ShortRoute, type Shortly } from '../contract-kit/short-cuts.js';
import { profileDto } from './profile.dto.js';

/** Profiles read concurrently by this short cut. */
const AT_ONCE = 2;

/** `GET /account` for whoever presents a known token in the header; with the cookie it takes the long way. */
@Injectable()
export class ProfileShortCut implements ShortRoute {
  readonly method = 'GET';
  readonly route = '/account';
  readonly paths = [this.route];
  readonly contract = null;
  readonly asksInBody = false;

  private underWay = 0;

  constructor(
    private readonly accessTokens: AccessTokenStrategy,
    private readonly opaqueTokens: OpaqueTokenStrategy,
    private readonly profiles: AccountProfileService,
  ) {}

  readonly answer = async ({ headers }: IncomingMessage): Promise<Shortly> => {
    const token = authorizationToken(headers);
    if (token === undefined) return undefined;
    const principal =
      this.opaqueTokens.recall({ token }) ?? this.accessTokens.recall({ tokens: token, contract: undefined });
    if (!principal) return undefined;
    // It reads the store. Further requests take the long way, where their site waits for its turn.
    if (this.underWay >= AT_ONCE) return undefined;
    this.underWay++;
    try {
      const facts = await this.profiles.of(principal);
      return { body: new JsonBody(profileDto(facts, principal)), accountId: principal.accountId };
    } finally {
      this.underWay--;
    }
  };
}
