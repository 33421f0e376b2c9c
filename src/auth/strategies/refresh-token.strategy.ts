import { callbackify } from 'node:util';
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
      secretOrKeyProvider: callbackify(async (presented: unknown, token: string) => {
        try {
          refreshTokens.checkHeader(token);
        } catch (error) {
          const { contract } = presented as PresentedRefreshToken;
          throw (await accessTokens.isGenuine(token, contract)) ? new AuthError('token_type_wrong') : error;
        }
        // The library's types know no KeyObject; jsonwebtoken takes one.
        return refreshTokens.key as unknown as Buffer;
      }),
      passReqToCallback: true,
      ...refreshTokens.verifyOptions,
    });
  }

  override authenticate(_request: unknown, presented: PresentedRefreshToken): void {
    super.authenticate(presented as never);
  }

  validate({ contract }: PresentedRefreshToken, claims: RefreshTokenClaims): Omit<RefreshPrincipal, 'client'> {
    this.refreshTokens.admit(claims, contract);
    return { accountId: claims.user_id, sessionId: claims.sid, contract, claims };
  }
}
