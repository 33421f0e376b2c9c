import { networksOf } from '../network/networks.js';
import { type AuditEntry, BY_SERVICE } from './audit-entry.js';

/** Span within which identical refusals share one row, in milliseconds. */
const WINDOW_MS = 5 * 60_000;

/** Kinds of refusals recorded in a window, per site (an IPv4 /24, an IPv6 /48) and in all. Further ones are only counted. */
const KINDS_PER_SITE = 40;
const KINDS = 1200;

/** The same for uses of a session. A caller without a session cannot hide them. */
const SESSION_KINDS_PER_SITE = 40;

/** Accounts that the entry about omitted ones names. */
const NAMED = 20;

interface Repeated {
  /** Repetitions since the first. */
  count: number;
  last: AuditEntry;
}

/** Counts refusals of the same kind, door and network, which an attacker can cause without limit. */
export class RepeatedRefusals {
  private repeated = new Map<string, Repeated>();
  private kindsOf = new Map<string, number>();
  private omitted = 0;
  private readonly omittedAccounts = new Set<number>();
  private startedAtMs = 0;

  /** True if a refusal is the first of its kind in the window and gets a row of its own. Others are counted. */
  isFirst(entry: AuditEntry, nowMs: number): boolean {
    if (this.isEmpty()) this.startedAtMs = nowMs;
    const { network, site } = networksOf(entry.from.ip ?? undefined);
    // Names without an account share one key: an attacker can make up any number.
    const key = [entry.kind, entry.refusal, entry.from.door, network, entry.accountId, entry.actor].join(' ');
    const known = this.repeated.get(key);
    if (known) return this.count(known, entry);
    const isOfSession = entry.sessionId !== undefined;
    const group = `${site} ${isOfSession}`;
    const kinds = this.kindsOf.get(group) ?? 0;
    if (kinds >= (isOfSession ? SESSION_KINDS_PER_SITE : KINDS_PER_SITE) || this.repeated.size >= KINDS)
      return this.omit(entry);
    this.kindsOf.set(group, kinds + 1);
    this.repeated.set(key, { count: 0, last: entry });
    return true;
  }

  /** Entries for a window that is over, one per kind. `Infinity` ends any window. */
  ended(nowMs: number): AuditEntry[] {
    // Either way: a clock may have been set back.
    if (this.isEmpty() || Math.abs(nowMs - this.startedAtMs) < WINDOW_MS) return [];
    const entries: AuditEntry[] = [...this.repeated.values()]
      .filter(({ count }) => count > 0)
      .map(({ last, count }) => ({ ...last, count }));
    if (this.omitted > 0)
      entries.push({
        kind: 'refusals_omitted',
        from: BY_SERVICE,
        actor: BY_SERVICE.actor,
        count: this.omitted,
        ...(this.omittedAccounts.size > 0 && { detail: { accounts: [...this.omittedAccounts] } }),
      });
    this.repeated = new Map();
    this.kindsOf = new Map();
    this.omitted = 0;
    this.omittedAccounts.clear();
    return entries;
  }

  private omit({ accountId }: AuditEntry): false {
    this.omitted++;
    if (accountId !== undefined && this.omittedAccounts.size < NAMED) this.omittedAccounts.add(accountId);
    return false;
  }

  private count(known: Repeated, entry: AuditEntry): false {
    const isOneName = known.last.identifier === entry.identifier;
    const { identifier: _many, ...rest } = entry;
    known.last = isOneName ? entry : rest;
    known.count += entry.count ?? 1;
    return false;
  }

  private isEmpty(): boolean {
    return this.repeated.size === 0 && this.omitted === 0;
  }
}
