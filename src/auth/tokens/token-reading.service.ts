import { Injectable } from '@nestjs/common';
import { Clock } from '../../config/clock.js';
import { AuthError } from '../../errors/auth-error.js';
import { type AccessTokenClaims, type ClientTokenClaims, isOfClient } from '../../tokens/access-token-claims.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import { OpaqueTokenService } from '../../tokens/opaque-token.service.js';
import { type RefreshTokenClaims, RefreshTokenService } from '../../tokens/refresh-token.service.js';
import type { SessionStanding } from '../../tokens/session-standing.js';
import { SessionStandings } from '../../tokens/session-standings.js';
import { readHeader, REFRESH_TOKEN_TYPE } from '../../tokens/token-header.js';

/** A genuine token of this service, of whatever contract and kind. */
export type ReadToken =
  | { readonly kind: 'access'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'client'; readonly claims: ClientTokenClaims }
  | { readonly kind: 'refresh'; readonly claims: RefreshTokenClaims }
  | { readonly kind: 'opaque'; readonly standing: SessionStanding };

/** Reads tokens of which nobody has said what kind they are. */
@Injectable()
export class TokenReadingService {
  constructor(
    private readonly accessTokens: AccessTokenService,
    private readonly refreshTokens: RefreshTokenService,
    private readonly opaqueTokens: OpaqueTokenService,
    private readonly standings: SessionStandings,
    private readonly clock: Clock,
  ) {}

  /**
   * What a token is; `undefined` for one that is not ours, or a JWT that has expired. Whether its session may still be
   * used is not looked at.
   */
  async read(token: string): Promise<ReadToken | undefined> {
    if (this.opaqueTokens.isWellFormed(token)) return this.readOpaque(token);
    const read = await unlessRefused(async () => this.readJwt(token));
    return read && read.claims.exp > this.clock.nowSeconds() ? read : undefined;
  }

  private async readOpaque(token: string): Promise<ReadToken | undefined> {
    const standing = await this.standings.ofSecret(this.opaqueTokens.hash(token));
    return standing && { kind: 'opaque', standing };
  }

  private async readJwt(token: string): Promise<Exclude<ReadToken, { kind: 'opaque' }>> {
    if (readHeader(token)?.typ === REFRESH_TOKEN_TYPE)
      return { kind: 'refresh', claims: this.refreshTokens.read(token) };
    const claims: AccessTokenClaims | ClientTokenClaims = await this.accessTokens.read(token);
    return isOfClient(claims) ? { kind: 'client', claims } : { kind: 'access', claims };
  }
}

/** What an act answers, or nothing if it refuses a token. What fails for another reason stays a failure. */
export async function unlessRefused<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AuthError && error.code.startsWith('token_')) return undefined;
    throw error;
  }
}
