import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { AuthError } from '../errors/auth-error.js';
import { isWrittenLikeOurs, readHeader, REFRESH_TOKEN_TYPE } from './token-header.js';
import type { LiveSession } from './token-subject.js';

/** The claims of a refresh token. */
export interface RefreshTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  readonly sid: string;
  /** The session's generation that it belongs to. */
  readonly gen: number;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly token_type: 'refresh';
  readonly user_id: number;
}

/** Issues refresh tokens, which only this service reads: HS256 under a key of their own. */
@Injectable()
export class RefreshTokenService {
  /** The key, as a `KeyObject`: a string costs a conversion at every use. */
  readonly key: KeyObject;

  constructor(
    private readonly jwt: JwtService,
    private readonly config: Config,
    private readonly clock: Clock,
    secret: ServiceSecret,
  ) {
    this.key = createSecretKey(secret.derive('refresh tokens'));
  }

  /**
   * The refresh token of a session's present generation. Every claim follows from the session's row, so that however
   * many requests race for the successor, they get the same one, byte for byte.
   */
  issue(session: LiveSession, lifetimeSeconds: number): string {
    const iat = Math.floor(session.rotatedAt.getTime() / 1000);
    const claims: RefreshTokenClaims = {
      token_type: 'refresh',
      iss: this.config.PUBLIC_URL,
      sub: String(session.accountId),
      user_id: session.accountId,
      client_id: session.contract,
      sid: session.id,
      gen: session.generation,
      jti: `${session.id}.${session.generation}`,
      iat,
      exp: Math.min(iat + lifetimeSeconds, Math.floor(session.expiresAt.getTime() / 1000)),
    };
    return this.jwt.sign(claims, {
      privateKey: this.key,
      algorithm: 'HS256',
      header: { alg: 'HS256', typ: REFRESH_TOKEN_TYPE },
    });
  }

  /**
   * Checks that a token's header is one of ours, before its signature is.
   * @throws {AuthError} `token_malformed` or `token_forged`
   */
  checkHeader(token: string): void {
    const header = readHeader(token);
    if (!header) throw new AuthError('token_malformed');
    if (header.typ !== REFRESH_TOKEN_TYPE || header.alg !== 'HS256') throw new AuthError('token_forged');
    if (!isWrittenLikeOurs(token, header)) throw new AuthError('token_forged');
  }

  /** Lets claims of a checked signature pass, or not. @throws {AuthError} why not */
  admit(claims: RefreshTokenClaims, contract: string): RefreshTokenClaims {
    if (claims.client_id !== contract) throw new AuthError('token_of_other_contract');
    if (claims.exp <= this.clock.nowSeconds()) throw new AuthError('token_expired');
    return claims;
  }

  /** Checks a token that no guard has checked. @throws {AuthError} why it does not pass */
  verify(token: string, contract: string): RefreshTokenClaims {
    return this.admit(this.read(token), contract);
  }

  /** Whether a token is one of ours, of that contract if one is given, whatever else may be wrong with it. */
  isGenuine(token: string, contract: string | undefined): boolean {
    try {
      const { client_id } = this.read(token);
      return contract === undefined || client_id === contract;
    } catch {
      return false;
    }
  }

  /** What a token says, if its signature is right, whatever else may be wrong with it. @throws {AuthError} if it is not */
  read(token: string): RefreshTokenClaims {
    this.checkHeader(token);
    // The library's types know no KeyObject; jsonwebtoken takes one.
    const secret = this.key as unknown as Buffer;
    try {
      return this.jwt.verify<RefreshTokenClaims>(token, { secret, ...this.verifyOptions });
    } catch (cause) {
      throw new AuthError('token_forged', { cause });
    }
  }

  /** What a JWT library checks beside the signature; expiry is checked by `admit`, against the service's clock. */
  get verifyOptions(): { algorithms: ['HS256']; issuer: string; ignoreExpiration: true } {
    return { algorithms: ['HS256'], issuer: this.config.PUBLIC_URL, ignoreExpiration: true };
  }
}
