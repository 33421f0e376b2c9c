import { LRUCache } from 'lru-cache';
import type { AuditEntry } from './audit-entry.js';
import type { AuditKind } from './audit-kinds.js';

/** How often such a refusal is recorded alike, in milliseconds: an attacker must not fill the trail without a single guess. */
const REPEATED_MS = 60_000;

/** Refusals that nothing was compared for. */
const WITHOUT_A_GUESS: ReadonlySet<string> = new Set([
  'too_many_attempts',
  'pin_locked',
  'hashing_overloaded',
  'admin_required',
]);

/** Acts whose refusals cost a caller nothing: the secrets of service clients are no passwords, and compared at once. */
const FREE_OF_COST: ReadonlySet<AuditKind> = new Set(['client_refused', 'client_token_issued']);

/** Tells refusals that an attacker can have without end from those of a minute ago. */
export class RepeatedRefusals {
  /** When such a refusal was recorded last, in milliseconds. */
  private readonly recordedAt = new LRUCache<string, number>({ max: 10_000 });

  /** Whether one like it was recorded within a minute; if not, it counts as recorded now. */
  isRepeated({ kind, from, refusal, accountId, actor }: AuditEntry, nowMs: number): boolean {
    if (refusal === undefined || !(WITHOUT_A_GUESS.has(refusal) || FREE_OF_COST.has(kind))) return false;
    // Names that belong to no account are all alike: an attacker may make up as many as he likes.
    const key = [kind, refusal, from.door, from.ip, accountId, actor].join(' ');
    // Either way: a clock may have been put back.
    if (Math.abs(nowMs - (this.recordedAt.get(key) ?? -Infinity)) < REPEATED_MS) return true;
    this.recordedAt.set(key, nowMs);
    return false;
  }
}
