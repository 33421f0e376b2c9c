import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { AuditEntry } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';

/** How often a refusal is recorded that differs from the last in nothing but the name of an unknown client. */
const REPEATED_MS = 60_000;

type Refused = AuditEntry & { readonly kind: 'client_refused' | 'client_token_issued' };

/** Records what service clients do. Refusals cost a caller nothing, so that they must not fill the trail. */
@Injectable()
export class ClientTrail {
  private readonly recorded = new LRUCache<string, true>({ max: 10_000, ttl: REPEATED_MS });

  constructor(private readonly audit: AuditLog) {}

  /** Records that a client got a token. */
  issued(entry: Pick<AuditEntry, 'from' | 'actor' | 'detail'>): void {
    this.audit.record({ ...entry, kind: 'client_token_issued' });
  }

  /** Records a refusal, an identical one from the same address once a minute. */
  refused(entry: Refused & Required<Pick<AuditEntry, 'refusal'>>): void {
    const key = [entry.kind, entry.refusal, entry.actor, entry.from.ip].join(' ');
    if (this.recorded.has(key)) return;
    this.recorded.set(key, true);
    this.audit.record(entry);
  }
}
