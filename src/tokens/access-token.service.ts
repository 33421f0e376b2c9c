import { randomUUID, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import {
  type AccessTokenClaims,
  CLIENT_TOKEN_USE,
  type ClientTokenClaims,
  UNVERIFIED_AUDIENCE,
} from './access-token-claims.js';
import { KeyRing } from './key-ring.js';
import { longestTokenSeconds } from './key-schedule.js';
import { RevocationFeed } from './revocation-feed.js';
import { REVOKED, Revocations } from './revocations.js';
import { signedClaims, signedToken } from './signature.js';
import { ACCESS_TOKEN_TYPE, isWrittenLikeOurs, readHeader } from './token-header.js';
import type { LiveSession, TokenSubject } from './token-subject.js';

/** How many verified tokens an instance remembers; about 1 kB each. */
const REMEMBERED_TOKENS = 20_000;

interface VerifiedToken {
  readonly token: string;
  readonly claims: AccessTokenClaims;
  readonly kid: string;
}

/** What a token is looked up by, half its signature: to hash all of it takes as long as all else that is checked. */
function endOf(token: string): string {
  return token.slice(-43);
}

/** Issues access tokens and says who may pass, without the database. */
@Injectable()
export class AccessTokenService {
  private readonly verified = new LRUCache<string, VerifiedToken>({ max: REMEMBERED_TOKENS });

  constructor(
    private readonly keys: KeyRing,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
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
      jti: randomUUID(),
      iat,
      exp: iat + this.secondsOf(session, lifetimeSeconds),
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

  private async sign(claims: AccessTokenClaims | ClientTokenClaims): Promise<string> {
    const { kid, algorithm, privateKey } = this.keys.signer;
    // Keys are kept for so long after their turn; a token that outlived its key could not be verified.
    if (claims.exp - claims.iat > longestTokenSeconds(this.config))
      throw new Error('A token would outlive its key: see longestTokenSeconds().');
    return signedToken({ alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid }, claims, privateKey);
  }

  /** How long a token for a session lives that is issued now: its lifetime, or what is left of the session. */
  secondsOf(session: LiveSession, lifetimeSeconds: number): number {
    return Math.min(lifetimeSeconds, Math.floor(session.expiresAt.getTime() / 1000) - this.clock.nowSeconds());
  }

  /**
   * The public key that a token's header names, after the header is checked: our type, one of our keys, its algorithm.
   * @throws {AuthError} `token_malformed`, `token_forged` or `token_type_wrong`
   */
  async keyFor(token: string): Promise<KeyObject> {
    const header = readHeader(token);
    if (!header) throw new AuthError('token_malformed');
    const key = typeof header.kid === 'string' ? await this.keys.findOrLookUp(header.kid) : undefined;
    if (!key || header.alg !== key.algorithm || header.typ !== ACCESS_TOKEN_TYPE) throw new AuthError('token_forged');
    if (!isWrittenLikeOurs(token, header)) throw new AuthError('token_forged');
    return key.publicKey;
  }

  /** The claims of a token whose signature this instance has checked before, under a key that is not withdrawn. */
  recall(token: string): AccessTokenClaims | undefined {
    const verified = this.verified.get(endOf(token));
    return verified?.token === token && this.keys.find(verified.kid) ? verified.claims : undefined;
  }

  /** Remembers a token whose signature was just checked. */
  remember(token: string, claims: AccessTokenClaims): void {
    this.verified.set(endOf(token), { token, claims, kid: String(readHeader(token)?.kid) });
  }

  /**
   * Lets claims of a checked signature pass, or not.
   * @param contract the only contract whose tokens pass, or `undefined` for any
   * @throws {AuthError} why not; `store_unavailable` if it cannot be told whether the token was revoked elsewhere
   */
  async admit(claims: AccessTokenClaims, contract: string | undefined): Promise<AccessTokenClaims> {
    this.demandAcceptable(claims, contract);
    await this.feed.demandFresh();
    this.demandUnrevoked(claims);
    return claims;
  }

  /**
   * As `admit`, but at once: no promise, which each protected request would wait for. `undefined` while it cannot be told
   * at once whether the token was revoked elsewhere.
   * @throws {AuthError} why it does not pass
   */
  admitAtOnce(claims: AccessTokenClaims, contract: string | undefined): AccessTokenClaims | undefined {
    this.demandAcceptable(claims, contract);
    if (!this.feed.isFresh) return undefined;
    this.demandUnrevoked(claims);
    return claims;
  }

  private demandAcceptable({ client_id, token_use, exp, aud }: AccessTokenClaims, contract: string | undefined): void {
    if (contract !== undefined && client_id !== contract) throw new AuthError('token_of_other_contract');
    if (token_use === CLIENT_TOKEN_USE) throw new AuthError('token_type_wrong');
    if (exp <= this.clock.nowSeconds()) throw new AuthError('token_expired');
    if (aud !== this.config.PUBLIC_URL) throw new AuthError('token_unverified');
  }

  private demandUnrevoked({ sid }: AccessTokenClaims): void {
    const revoked = this.revocations.reasonOf(sid);
    if (revoked) throw new AuthError(REVOKED[revoked]);
  }

  /**
   * Checks a token that no guard has checked.
   * @param contract the only contract whose tokens pass, or `undefined` for any
   * @throws {AuthError} why it does not pass
   */
  async verify(token: string, contract: string | undefined): Promise<AccessTokenClaims> {
    return this.admit(await this.read(token), contract);
  }

  /** What a token says, if its signature is right, whatever else may be wrong with it. @throws {AuthError} if it is not */
  async read(token: string): Promise<AccessTokenClaims> {
    return this.recall(token) ?? this.verifySignature(token);
  }

  /** Whether a token is one of ours, of that contract, whatever else may be wrong with it. */
  async isGenuine(token: string, contract: string): Promise<boolean> {
    try {
      return (await this.verifySignature(token)).client_id === contract;
    } catch {
      return false;
    }
  }

  private async verifySignature(token: string): Promise<AccessTokenClaims> {
    const claims = await signedClaims(token, await this.keyFor(token));
    if (claims?.iss !== this.config.PUBLIC_URL) throw new AuthError('token_forged');
    this.remember(token, claims);
    return claims;
  }
}
