import { networksOf } from '../network/networks.js';
import { type AuditEntry, BY_SERVICE } from './audit-entry.js';

/** How long refusals alike are counted in one row, in milliseconds. */
const WINDOW_MS = 5 * 60_000;

/** Kinds of refusals in a window: of one site (an IPv4 /24, an IPv6 /48), and of all. Further ones are only counted. */
const KINDS_PER_SITE = 40;
const KINDS = 1200;

/** The same of uses of a session, so that whoever has none cannot hide them. */
const SESSION_KINDS_PER_SITE = 40;

/** Accounts that the entry about omitted ones names. */
const NAMED = 20;

interface Repeated {
  /** How often since the first. */
  count: number;
  last: AuditEntry;
}

/** Counts refusals alike, of which an attacker may have as many as he likes. Such are those of one kind, door and network. */
export class RepeatedRefusals {
  private repeated = new Map<string, Repeated>();
  private kindsOf = new Map<string, number>();
  private omitted = 0;
  private readonly omittedAccounts = new Set<number>();
  private startedAtMs = 0;

  /** Whether a refusal is the first of its kind in a window, and to be recorded by itself. Others are counted. */
  isFirst(entry: AuditEntry, nowMs: number): boolean {
    if (this.isEmpty()) this.startedAtMs = nowMs;
    const { network, site } = networksOf(entry.from.ip ?? undefined);
    // Names that belong to no account are all alike: an attacker may make up as many as he likes.
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

  /** What is to be recorded of a window that is over, or of any window at the end of time: an entry for each kind. */
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
