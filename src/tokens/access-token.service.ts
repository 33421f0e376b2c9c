import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { AuthError, type AuthErrorCode } from '../errors/auth-error.js';
import { type AccessTokenClaims, CLIENT_TOKEN_USE } from './access-token-claims.js';
import { KeyRing } from './key-ring.js';
import { RevocationFeed } from './revocation-feed.js';
import { LONGEST_LISTED_SECONDS, REVOKED, Revocations } from './revocations.js';
import { refusalOf } from './session-refusal.js';
import { SessionStandings } from './session-standings.js';
import { signedClaims } from './signature.js';
import { epochOf } from './token-epoch.js';
import { ACCESS_TOKEN_TYPE, isWrittenLikeOurs, readHeader } from './token-header.js';
import { TokenLifetimes } from './token-lifetimes.js';

/** How many verified tokens an instance remembers; about 1 kB each. */
const REMEMBERED_TOKENS = 20_000;

interface VerifiedToken {
  readonly token: string;
  readonly claims: AccessTokenClaims;
  readonly kid: string;
}

/** Standing of a token's session in the store, read because memory alone cannot tell it. */
interface LookUp {
  readonly atSeconds: number;
  /** The account's epoch, or the refusal of the token. */
  readonly found: number | AuthErrorCode;
}

/** What a token is looked up by, half its signature: to hash all of it takes as long as all else that is checked. */
function endOf(token: string): string {
  return token.slice(-43);
}

/** Says whose access tokens may pass, without the database. */
@Injectable()
export class AccessTokenService {
  private readonly verified = new LRUCache<string, VerifiedToken>({ max: REMEMBERED_TOKENS });
  private readonly lookedUp = new WeakMap<object, LookUp>();

  constructor(
    private readonly keys: KeyRing,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
    private readonly standings: SessionStandings,
    private readonly lifetimes: TokenLifetimes,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

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
    if (this.needsLookUp(claims)) await this.lookUp(claims);
    this.demandUnrevoked(claims);
    return claims;
  }

  /**
   * As `admit`, but at once: no promise, which each protected request would wait for. `undefined` if memory alone cannot
   * tell whether the token was revoked.
   * @throws {AuthError} why it does not pass
   */
  admitAtOnce(claims: AccessTokenClaims, contract: string | undefined): AccessTokenClaims | undefined {
    this.demandAcceptable(claims, contract);
    if (!this.feed.isFresh || this.needsLookUp(claims)) return undefined;
    this.demandUnrevoked(claims);
    return claims;
  }

  private demandAcceptable(
    { client_id, token_use, iat, exp, aud }: AccessTokenClaims,
    contract: string | undefined,
  ): void {
    if (contract !== undefined && client_id !== contract) throw new AuthError('token_of_other_contract');
    if (token_use === CLIENT_TOKEN_USE) throw new AuthError('token_type_wrong');
    // A lifetime that was shortened counts for living tokens too: ends of sessions are listed for so long.
    const lifetime = this.lifetimes.secondsOf(client_id) ?? Infinity;
    if (Math.min(exp, iat + lifetime) <= this.clock.nowSeconds()) throw new AuthError('token_expired');
    if (aud !== this.config.PUBLIC_URL) throw new AuthError('token_unverified');
  }

  private demandUnrevoked(claims: AccessTokenClaims): void {
    const refusal = this.endOfSession(claims);
    if (refusal) throw new AuthError(refusal);
  }

  /** The refusal of claims whose session has ended, as far as this instance knows. */
  endOfSession(claims: Pick<AccessTokenClaims, 'sub' | 'sid' | 'jti'>): AuthErrorCode | undefined {
    const found = this.lookedUp.get(claims)?.found;
    if (typeof found === 'string') return found;
    const epoch = (): number => epochOf(claims.jti) ?? found ?? 0;
    const reason = this.revocations.reasonOf(Number(claims.sub), claims.sid, epoch);
    return reason && REVOKED[reason];
  }

  /** True if the session may have ended so long ago that the end is no longer listed. */
  private needsLookUp(claims: AccessTokenClaims): boolean {
    const nowSeconds = this.clock.nowSeconds();
    if (nowSeconds - claims.iat < LONGEST_LISTED_SECONDS) return false;
    const looked = this.lookedUp.get(claims);
    if (!looked) return true;
    return typeof looked.found === 'number' && nowSeconds - looked.atSeconds >= LONGEST_LISTED_SECONDS;
  }

  private async lookUp(claims: AccessTokenClaims): Promise<void> {
    const atSeconds = this.clock.nowSeconds();
    const standing = await this.standings.of(claims.sid);
    const refusal = standing ? refusalOf(standing) : 'token_revoked';
    this.lookedUp.set(claims, { atSeconds, found: refusal ?? standing?.accountEpoch ?? 0 });
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
    if (claims.token_use !== CLIENT_TOKEN_USE && epochOf(claims.jti) === undefined) await this.lookUp(claims);
    this.remember(token, claims);
    return claims;
  }
}
