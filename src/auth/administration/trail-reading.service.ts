import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../../audit/audit-event.entity.js';
import { AuditLog } from '../../audit/audit-log.js';
import type { AuditPage } from '../../audit/audit-page.js';
import { type AuditFilter, AuditTrail } from '../../audit/audit-trail.js';
import { oneSpelling } from '../../network/networks.js';
import { canonical } from '../../users/canonical.js';
import { ClaimsStore } from '../../users/claims.store.js';
import type { Operator } from './operator.js';

/** Which events an operator asks for. */
export interface TrailAsked extends Pick<AuditFilter, 'kind' | 'refusal' | 'from' | 'to'> {
  /** The account that it was done to. */
  readonly account?: number | undefined;
  /** The account that did it. */
  readonly actor?: number | undefined;
  /** An IP address, or the e-mail address of an account, of those that claim it, or of nobody. */
  readonly address?: string | undefined;
  readonly contract?: string | undefined;
  /** Who did it that is no account: a service client's id, `command line` or `service`. */
  readonly client?: string | undefined;
}

/** Reads the audit trail for operators, and records that they did. */
@Injectable()
export class TrailReadingService {
  constructor(
    private readonly trail: AuditTrail,
    private readonly claims: ClaimsStore,
    private readonly audit: AuditLog,
  ) {}

  async page(by: Operator, asked: TrailAsked, limit: number, after: string | undefined): Promise<AuditPage> {
    const page = await this.trail.page(await this.filterOf(asked), limit, after);
    this.record('trail_read', by, asked);
    return page;
  }

  /** All events of now, the newest first, some at a time. The export is recorded as it begins. */
  async *export(by: Operator, asked: TrailAsked): AsyncGenerator<readonly AuditEvent[]> {
    const filter = await this.filterOf(asked);
    this.record('trail_exported', by, asked);
    yield* this.trail.export(filter);
  }

  private async filterOf({ account, actor, client, contract, address, ...rest }: TrailAsked): Promise<AuditFilter> {
    const filter = { ...rest, accountId: account, actorId: actor, actor: client, door: contract };
    if (address === undefined) return filter;
    if (!isEmail(address)) return { ...filter, ip: oneSpelling(address) };
    const ids = await this.claims.idsOf(address);
    if (ids.length === 0) return { ...filter, identifierHash: this.audit.hashOf(canonical('email', address)) };
    // What was done to another account was not done to one of these.
    return { ...filter, accountId: account === undefined ? ids : ids.filter((id) => id === account) };
  }

  /** An e-mail address stays out of the trail. */
  private record(kind: 'trail_read' | 'trail_exported', by: Operator, { address, ...asked }: TrailAsked): void {
    const isName = address !== undefined && isEmail(address);
    const shown = Object.entries({ ...asked, ...(!isName && { address }) }).filter(([, value]) => value !== undefined);
    this.audit.record({
      ...by,
      kind,
      ...(isName && { identifier: canonical('email', address) }),
      ...(shown.length > 0 && { detail: Object.fromEntries(shown) }),
    });
  }
}

function isEmail(address: string): boolean {
  return address.includes('@');
}
