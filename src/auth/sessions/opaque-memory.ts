import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../config/clock.js';
import { OpaqueTokenService } from '../../tokens/opaque-token.service.js';
import { RevocationFeed } from '../../tokens/revocation-feed.js';
import { Revocations } from '../../tokens/revocations.js';
import type { LiveSession } from '../../tokens/token-subject.js';

/**
 * How long at most it counts what was read of a token, in milliseconds: as long as the knowledge of others' revocations may
 * be old. The revocation of its own session counts at once, as for access tokens; an account whose sessions are all to end counts
 * so long where that is cut short between its epoch and its sessions.
 */
const LONGEST_MS = 5000;

/** How many tokens a memory holds; half a kilobyte each. */
const REMEMBERED = 20_000;

interface Memory<What> {
  readonly what: What;
  readonly sessionId: string;
  readonly readAtMs: number;
  readonly endMs: number;
}

/** What was read of opaque tokens a moment ago. */
export interface OpaqueMemory<What> {
  /** What was read of a token; `undefined` if that is too long ago, or its session may have been revoked or over since. */
  recall(token: string): What | undefined;
  /** @param readAtMs when it was read, before that was asked for */
  remember(token: string, session: Pick<LiveSession, 'id' | 'expiresAt'>, what: What, readAtMs: number): void;
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
        if (!memory || !this.isRecent(memory, forMs) || this.revocations.reasonOf(memory.sessionId)) return undefined;
        return memory.what;
      },
      remember: (token, { id, expiresAt }, what, readAtMs) => {
        const memory = { what, sessionId: id, readAtMs, endMs: expiresAt.getTime() };
        memories.set(this.opaqueTokens.hash(token), memory);
      },
    };
  }

  /** Whether it was read so short a time ago, or, where a clock was put back, is read in so short a time. */
  private isRecent({ readAtMs, endMs }: Memory<unknown>, forMs: number): boolean {
    const nowMs = this.clock.nowMs();
    return Math.abs(nowMs - readAtMs) < forMs && nowMs < endMs;
  }
}
