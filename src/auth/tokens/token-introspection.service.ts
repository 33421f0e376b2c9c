import { Injectable } from '@nestjs/common';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import type { AccessTokenClaims, ClientTokenClaims } from '../../tokens/access-token-claims.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import type { RefreshTokenClaims } from '../../tokens/refresh-token.service.js';
import { ServiceClientsService, stillGranted } from '../../tokens/service-clients.service.js';
import type { SessionStanding } from '../../tokens/session-standing.js';
import { SessionStandings } from '../../tokens/session-standings.js';
import { Usernames } from '../../users/usernames.js';
import { OpaqueMemories, type OpaqueMemory } from '../sessions/opaque-memory.js';
import { refusalOf } from '../../tokens/session-refusal.js';
import { type ReadToken, TokenReadingService, unlessRefused } from './token-reading.service.js';

/** A token that would be accepted now, and what is known of it. Times are in seconds since the epoch. */
export interface LiveToken {
  readonly kind: ReadToken['kind'];
  readonly issuer: string;
  /** For whom it is, unless that is this service alone. */
  readonly audience?: string;
  /** The account's id as a text, or the service client's. */
  readonly subject: string;
  /** The contract, or the service client. */
  readonly clientId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly tokenId?: string;
  readonly sessionId?: string;
  readonly username?: string | undefined;
  readonly scope?: string;
}

/** Says what a token of any contract is worth (RFC 7662). Asking changes nothing and raises no alarm. */
@Injectable()
export class TokenIntrospectionService {
  private readonly seen: OpaqueMemory<LiveToken>;

  constructor(
    private readonly tokens: TokenReadingService,
    private readonly accessTokens: AccessTokenService,
    private readonly clients: ServiceClientsService,
    private readonly standings: SessionStandings,
    private readonly usernames: Usernames,
    memories: OpaqueMemories,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    this.seen = memories.make();
  }

  /**
   * A token that counts now; `undefined` for any other: not ours, expired, revoked, of an account that is pending, gone
   * or deactivated, or a refresh token that was exchanged. An account's access token costs no read of the store, but for a
   * username that it does not say.
   * @param countsRefresh whether a refresh token counts too: whoever takes what is active for good to open something would
   *   let one in
   */
  async introspect(token: string, countsRefresh: boolean): Promise<LiveToken | undefined> {
    const readAtMs = this.clock.nowMs();
    const read = await this.tokens.read(token);
    if (read?.kind === 'refresh' && !countsRefresh) return undefined;
    return read && unlessRefused(async () => this.live(read, token, readAtMs));
  }

  /**
   * As `introspect`, at once, for a token that this instance has verified before, or, of an opaque one, looked up a moment
   * ago; `undefined` for any other, which says nothing about it.
   */
  recall(token: string): LiveToken | undefined {
    const claims = this.accessTokens.recall(token);
    if (!claims) return this.seen.recall(token);
    const username = saidBy(claims) ?? this.usernames.recall(Number(claims.sub));
    return username === undefined || !this.accessTokens.admitAtOnce(claims, undefined)
      ? undefined
      : ofAccess(claims, username);
  }

  private async live(token: ReadToken, text: string, readAtMs: number): Promise<LiveToken | undefined> {
    if (token.kind === 'access') return this.liveAccess(token.claims);
    if (token.kind === 'refresh') return this.liveRefresh(token.claims);
    if (token.kind === 'client') return this.liveClient(token.claims);
    return this.liveOpaque(token.standing, text, readAtMs);
  }

  private async liveAccess(claims: AccessTokenClaims): Promise<LiveToken> {
    await this.accessTokens.admit(claims, undefined);
    return ofAccess(claims, saidBy(claims) ?? (await this.usernames.of(Number(claims.sub))));
  }

  /** Also within the grace time only the latest generation counts: a caller has no use for an older one. */
  private async liveRefresh(claims: RefreshTokenClaims): Promise<LiveToken | undefined> {
    const standing = await this.standings.of(claims.sid);
    if (!standing || refusalOf(standing) || standing.session.generation !== claims.gen) return undefined;
    return { ...ofClaims('refresh', claims), sessionId: claims.sid, ...nameOf(standing) };
  }

  private async liveClient(claims: ClientTokenClaims): Promise<LiveToken | undefined> {
    const client = await this.clients.findActive(claims.sub);
    if (!client) return undefined;
    const scope = stillGranted(claims.scope ?? '', client);
    return { ...ofClaims('client', claims), audience: claims.aud, ...(scope && { scope }) };
  }

  private liveOpaque(standing: SessionStanding, token: string, readAtMs: number): LiveToken | undefined {
    if (refusalOf(standing)) return undefined;
    const { id, accountId, contract, createdAt, expiresAt } = standing.session;
    const live: LiveToken = {
      kind: 'opaque',
      issuer: this.config.PUBLIC_URL,
      audience: this.config.PUBLIC_URL,
      subject: String(accountId),
      clientId: contract,
      issuedAt: Math.floor(createdAt.getTime() / 1000),
      expiresAt: Math.floor(expiresAt.getTime() / 1000),
      sessionId: id,
      ...nameOf(standing),
    };
    this.seen.remember(token, standing.session, live, readAtMs);
    return live;
  }
}

type SharedClaims = Pick<RefreshTokenClaims, 'iss' | 'sub' | 'client_id' | 'iat' | 'exp' | 'jti'>;

function ofClaims(kind: LiveToken['kind'], { iss, sub, client_id, iat, exp, jti }: SharedClaims): LiveToken {
  return { kind, issuer: iss, subject: sub, clientId: client_id, issuedAt: iat, expiresAt: exp, tokenId: jti };
}

function ofAccess(claims: AccessTokenClaims, username: string | null): LiveToken {
  const { sid, aud } = claims;
  return Object.assign(ofClaims('access', claims), { audience: aud, sessionId: sid, username: username ?? undefined });
}

/** The username that an access token says itself, as those of some contracts do. */
function saidBy({ username }: AccessTokenClaims): string | undefined {
  return typeof username === 'string' ? username : undefined;
}

function nameOf({ subject }: SessionStanding): Pick<LiveToken, 'username'> {
  return subject?.username == null ? {} : { username: subject.username };
}
