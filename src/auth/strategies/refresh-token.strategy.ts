import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { AuthError } from '../../errors/auth-error.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import { type RefreshTokenClaims, RefreshTokenService } from '../../tokens/refresh-token.service.js';
import type { RefreshPrincipal } from '../door.js';

/** A refresh token as its guard found it in the request. */
export interface PresentedRefreshToken {
  readonly token: string;
  readonly contract: string;
}

/** Refresh tokens of one contract: JWTs under the service's own key. Access tokens never pass. */
@Injectable()
export class RefreshTokenStrategy extends PassportStrategy(Strategy, 'refresh-token') {
  constructor(
    private readonly refreshTokens: RefreshTokenService,
    accessTokens: AccessTokenService,
  ) {
    super({
      jwtFromRequest: (presented) => (presented as unknown as PresentedRefreshToken).token,
      secretOrKeyProvider: (presented, token: string, done) => {
        try {
          refreshTokens.checkHeader(token);
          // The library's types know no KeyObject; jsonwebtoken takes one.
          done(null, refreshTokens.key as unknown as Buffer);
        } catch (error) {
          const { contract } = presented as unknown as PresentedRefreshToken;
          done(accessTokens.isGenuine(token, contract) ? new AuthError('token_type_wrong') : error);
        }
      },
      passReqToCallback: true,
      ...refreshTokens.verifyOptions,
    });
  }

  override authenticate(_request: unknown, presented: PresentedRefreshToken): void {
    super.authenticate(presented as never);
  }

  validate({ contract }: PresentedRefreshToken, claims: RefreshTokenClaims): RefreshPrincipal {
    this.refreshTokens.admit(claims, contract);
    return { accountId: claims.user_id, sessionId: claims.sid, contract, claims };
  }
}
