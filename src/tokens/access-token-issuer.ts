import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import {
  type AccessTokenClaims,
  CLIENT_TOKEN_USE,
  type ClientTokenClaims,
  UNVERIFIED_AUDIENCE,
} from './access-token-claims.js';
import { KeyRing } from './key-ring.js';
import { longestTokenSeconds } from './key-schedule.js';
import { signedToken } from './signature.js';
import { jtiAt } from './token-epoch.js';
import { ACCESS_TOKEN_TYPE } from './token-header.js';
import type { LiveSession, TokenSubject } from './token-subject.js';

/** Issues access tokens. */
@Injectable()
export class AccessTokenIssuer {
  constructor(
    private readonly keys: KeyRing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** A token for a session. It ends with its lifetime or with the session, whichever comes first. */
  async issue(
    session: LiveSession,
    subject: TokenSubject,
    lifetimeSeconds: number,
    extraClaims: object,
  ): Promise<string> {
    const iat = this.clock.nowSeconds();
    return this.sign({
      ...extraClaims,
      iss: this.config.PUBLIC_URL,
      aud: subject.status === 'pending' ? UNVERIFIED_AUDIENCE : this.config.PUBLIC_URL,
      sub: String(subject.id),
      client_id: session.contract,
      sid: session.id,
      jti: jtiAt(session.epoch),
      iat,
      exp: iat + this.secondsOf(session, lifetimeSeconds, iat),
    });
  }

  /** A token for a service client, which opens nothing of an account's. */
  async issueForClient(clientId: string, scope: string): Promise<string> {
    const iat = this.clock.nowSeconds();
    return this.sign({
      iss: this.config.PUBLIC_URL,
      aud: this.config.PUBLIC_URL,
      sub: clientId,
      client_id: clientId,
      token_use: CLIENT_TOKEN_USE,
      ...(scope && { scope }),
      jti: randomUUID(),
      iat,
      exp: iat + this.config.CLIENT_TOKEN_TTL,
    });
  }

  /** How long a token for a session lives that is issued now: its lifetime, or what is left of the session. */
  secondsOf(session: LiveSession, lifetimeSeconds: number, now = this.clock.nowSeconds()): number {
    return Math.min(lifetimeSeconds, Math.floor(session.expiresAt.getTime() / 1000) - now);
  }

  private async sign(claims: AccessTokenClaims | ClientTokenClaims): Promise<string> {
    const { kid, algorithm, privateKey } = this.keys.signer;
    // Keys are kept for so long after their turn; a token that outlived its key could not be verified.
    if (claims.exp - claims.iat > longestTokenSeconds(this.config))
      throw new Error('A token would outlive its key: see longestTokenSeconds().');
    return signedToken({ alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid }, claims, privateKey);
  }
}
