import { callbackify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { AuthError } from '../../errors/auth-error.js';
import type { AccessTokenClaims } from '../../tokens/access-token-claims.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import { RefreshTokenService } from '../../tokens/refresh-token.service.js';
import { SessionActivity } from '../sessions/session-activity.js';
import type { TokenPrincipal } from '../door.js';

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
    private readonly activity: SessionActivity,
    refreshTokens: RefreshTokenService,
  ) {
    super({
      jwtFromRequest: (presented) => (presented as unknown as PresentedToken).token,
      secretOrKeyProvider: callbackify(async (presented: unknown, token: string) => {
        const { contract } = presented as PresentedToken;
        // The library's types know no KeyObject; jsonwebtoken takes one.
        return (await accessTokens.keyFor(token).catch((error: unknown) => {
          throw refreshTokens.isGenuine(token, contract) ? new AuthError('token_type_wrong') : error;
        })) as unknown as Buffer;
      }),
      passReqToCallback: true,
      ...accessTokens.verifyOptions,
    });
  }

  /**
   * Whom a token speaks for whose signature this instance has checked before; `undefined` if it has not, or cannot say at
   * once whether the token was revoked elsewhere.
   * @throws {AuthError} why it does not pass
   */
  recall(presented: PresentedToken): TokenPrincipal | undefined {
    const claims = this.knownClaims(presented);
    return claims && this.principalOf(claims);
  }

  /** Whether `recall` knows a token, without that counting as a use of its session. @throws {AuthError} as `recall` */
  knows(presented: PresentedToken): boolean {
    return this.knownClaims(presented) !== undefined;
  }

  private knownClaims({ token, contract }: PresentedToken): AccessTokenClaims | undefined {
    const claims = this.accessTokens.recall(token);
    return claims && this.accessTokens.admitAtOnce(claims, contract);
  }

  override authenticate(_request: unknown, presented: PresentedToken): void {
    super.authenticate(presented as never);
  }

  async validate({ token, contract }: PresentedToken, claims: AccessTokenClaims): Promise<TokenPrincipal> {
    this.accessTokens.remember(token, claims);
    return this.principalOf(await this.accessTokens.admit(claims, contract));
  }

  private principalOf(claims: AccessTokenClaims): TokenPrincipal {
    this.activity.note(claims.sid);
    return { accountId: Number(claims.sub), sessionId: claims.sid, contract: claims.client_id, claims };
  }
}
