import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { AuthError } from '../../errors/auth-error.js';
import type { AccessTokenClaims } from '../../tokens/access-token-claims.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import { RefreshTokenService } from '../../tokens/refresh-token.service.js';
import type { Principal } from '../door.js';

/** A token as its guard found it in the request. */
export interface PresentedToken {
  readonly token: string;
  /** The only contract whose tokens pass, or `undefined` for any. */
  readonly contract: string | undefined;
}

/** Access tokens, of whatever contract: JWTs under a key of the ring. Refresh tokens never pass. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    private readonly accessTokens: AccessTokenService,
    refreshTokens: RefreshTokenService,
  ) {
    super({
      jwtFromRequest: (presented) => (presented as unknown as PresentedToken).token,
      secretOrKeyProvider: (presented, token: string, done) => {
        try {
          // The library's types know no KeyObject; jsonwebtoken takes one.
          done(null, accessTokens.keyFor(token) as unknown as Buffer);
        } catch (error) {
          const { contract } = presented as unknown as PresentedToken;
          done(refreshTokens.isGenuine(token, contract) ? new AuthError('token_type_wrong') : error);
        }
      },
      passReqToCallback: true,
      ...accessTokens.verifyOptions,
    });
  }

  override authenticate(_request: unknown, presented: PresentedToken): void {
    const claims = this.accessTokens.recall(presented.token);
    if (!claims) return super.authenticate(presented as never);
    try {
      this.success(this.admit(presented, claims));
    } catch (error) {
      this.error(error as Error);
    }
  }

  validate(presented: PresentedToken, claims: AccessTokenClaims): Principal {
    this.accessTokens.remember(presented.token, claims);
    return this.admit(presented, claims);
  }

  private admit({ contract }: PresentedToken, claims: AccessTokenClaims): Principal {
    this.accessTokens.admit(claims, contract);
    return { accountId: Number(claims.sub), sessionId: claims.sid, contract: claims.client_id, claims };
  }
}
