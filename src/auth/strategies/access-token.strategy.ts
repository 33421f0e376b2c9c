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

  override authenticate(_request: unknown, presented: PresentedToken): void {
    const claims = this.accessTokens.recall(presented.token);
    if (!claims) return super.authenticate(presented as never);
    this.admit(presented, claims).then(
      (principal) => this.success(principal),
      (error: Error) => this.error(error),
    );
  }

  async validate(presented: PresentedToken, claims: AccessTokenClaims): Promise<TokenPrincipal> {
    this.accessTokens.remember(presented.token, claims);
    return this.admit(presented, claims);
  }

  private async admit({ contract }: PresentedToken, claims: AccessTokenClaims): Promise<TokenPrincipal> {
    await this.accessTokens.admit(claims, contract);
    this.activity.note(claims.sid);
    return { accountId: Number(claims.sub), sessionId: claims.sid, contract: claims.client_id, claims };
  }
}
