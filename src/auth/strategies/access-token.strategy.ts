import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport';
import { AuthError } from '../../errors/auth-error.js';
import type { AccessTokenClaims } from '../../tokens/access-token-claims.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import { RefreshTokenService } from '../../tokens/refresh-token.service.js';
import { SessionActivity } from '../sessions/session-activity.js';
import type { PresentedTokens, TokenPrincipal } from '../door.js';

/** The tokens that a guard found in the request. */
export interface PresentedAccessTokens {
  readonly tokens: PresentedTokens;
  /** The only contract whose tokens pass, or `undefined` for any. */
  readonly contract: string | undefined;
}

/**
 * Access tokens, of whatever contract: JWTs under a key of the ring. Refresh tokens never pass. Not one of passport-jwt, which
 * checks signatures on the thread that serves requests (docs/decisions/0011).
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    private readonly accessTokens: AccessTokenService,
    private readonly activity: SessionActivity,
    private readonly refreshTokens: RefreshTokenService,
  ) {
    super();
  }

  /**
   * Whom a token speaks for whose signature this instance has checked before; `undefined` if it has not, or cannot say at
   * once whether the token was revoked elsewhere, or if there are several tokens.
   * @throws {AuthError} why it does not pass
   */
  recall({ tokens, contract }: PresentedAccessTokens): TokenPrincipal | undefined {
    const [token, other] = typeof tokens === 'string' ? [tokens] : tokens;
    const claims = other === undefined && token !== undefined ? this.knownClaims(token, contract) : undefined;
    return claims && this.principalOf(claims);
  }

  /** Whether `recall` knows a token, without that counting as a use of its session. @throws {AuthError} as `recall` */
  knows(token: string, contract: string): boolean {
    return this.knownClaims(token, contract) !== undefined;
  }

  private knownClaims(token: string, contract: string | undefined): AccessTokenClaims | undefined {
    const claims = this.accessTokens.recall(token);
    return claims && this.accessTokens.admitAtOnce(claims, contract);
  }

  override authenticate(_request: unknown, presented: PresentedAccessTokens): void {
    this.firstValid(presented).then(
      (principal) => this.success(principal),
      (error: Error) => this.error(error),
    );
  }

  /** Unused: `authenticate` does it all. The mixin demands it. */
  validate(): never {
    throw new Error('Access tokens are checked by authenticate().');
  }

  /** Whom the first valid token speaks for. @throws {AuthError} why the first one does not pass, if none does */
  private async firstValid({ tokens, contract }: PresentedAccessTokens): Promise<TokenPrincipal> {
    let refusal: AuthError | undefined;
    for (const token of [tokens].flat()) {
      try {
        return await this.verify(token, contract);
      } catch (error) {
        // A token that cannot be judged now may be the one that counts.
        if (!(error instanceof AuthError) || error.code === 'store_unavailable') throw error;
        refusal ??= error;
      }
    }
    throw refusal ?? new AuthError('token_missing');
  }

  /** Whom each of the valid tokens speaks for. @throws {AuthError} `store_unavailable` */
  async allValid(tokens: readonly string[], contract: string): Promise<TokenPrincipal[]> {
    const principals: TokenPrincipal[] = [];
    for (const token of tokens) {
      try {
        principals.push(await this.verify(token, contract));
      } catch (error) {
        if (!(error instanceof AuthError) || error.code === 'store_unavailable') throw error;
      }
    }
    return principals;
  }

  private async verify(token: string, contract: string | undefined): Promise<TokenPrincipal> {
    const claims = await this.accessTokens.read(token).catch((error: unknown) => {
      throw this.refreshTokens.isGenuine(token, contract) ? new AuthError('token_type_wrong') : error;
    });
    return this.principalOf(await this.accessTokens.admit(claims, contract));
  }

  private principalOf(claims: AccessTokenClaims): TokenPrincipal {
    this.activity.note(claims.sid);
    return { accountId: Number(claims.sub), sessionId: claims.sid, contract: claims.client_id, claims };
  }
}
