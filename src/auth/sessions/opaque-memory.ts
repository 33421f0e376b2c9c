import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../config/clock.js';
import { OpaqueTokenService } from '../../tokens/opaque-token.service.js';
import { RevocationFeed } from '../../tokens/revocation-feed.js';
import { Revocations } from '../../tokens/revocations.js';
import type { LiveSession } from '../../tokens/token-subject.js';

/**
 * Longest life of an entry, in milliseconds: as long as the knowledge of others' revocations may be old. An end of its
 * session counts at once, as for access tokens.
 */
const LONGEST_MS = 5000;

/** How many tokens a memory holds; half a kilobyte each. */
const REMEMBERED = 20_000;

interface Memory<What> {
  readonly what: What;
  readonly session: OpaqueSession;
  readonly readAtMs: number;
}

type OpaqueSession = Pick<LiveSession, 'id' | 'accountId' | 'epoch' | 'expiresAt'>;

/** What was read of opaque tokens a moment ago. */
export interface OpaqueMemory<What> {
  /** What was read of a token; `undefined` if that is too long ago, or its session may have been revoked or over since. */
  recall(token: string): What | undefined;
  /** @param readAtMs when it was read, before that was asked for */
  remember(token: string, session: OpaqueSession, what: What, readAtMs: number): void;
}

/** Makes memories of opaque tokens, for those who each read something else of them. */
@Injectable()
export class OpaqueMemories {
  constructor(
    private readonly opaqueTokens: OpaqueTokenService,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
    private readonly clock: Clock,
  ) {}

  /** @param mostMs how long it counts what was read, if that is shorter than anyway */
  make<What>(mostMs = LONGEST_MS): OpaqueMemory<What> {
    const forMs = Math.min(mostMs, LONGEST_MS);
    /** By the hash of the token, which is a secret. */
    const memories = new LRUCache<string, Memory<What>>({ max: REMEMBERED });
    return {
      recall: (token) => {
        if (!this.opaqueTokens.isWellFormed(token) || !this.feed.isFresh) return undefined;
        const memory = memories.get(this.opaqueTokens.hash(token));
        if (!memory || !this.isRecent(memory, forMs) || this.isEnded(memory.session)) return undefined;
        return memory.what;
      },
      remember: (token, session, what, readAtMs) => {
        memories.set(this.opaqueTokens.hash(token), { what, session, readAtMs });
      },
    };
  }

  /** Whether it was read so short a time ago, or, where a clock was put back, is read in so short a time. */
  private isRecent({ readAtMs, session }: Memory<unknown>, forMs: number): boolean {
    const nowMs = this.clock.nowMs();
    return Math.abs(nowMs - readAtMs) < forMs && nowMs < session.expiresAt.getTime();
  }

  private isEnded({ id, accountId, epoch }: OpaqueSession): boolean {
    return this.revocations.reasonOf(accountId, id, () => epoch) !== undefined;
  }
}
