import { Injectable } from '@nestjs/common';
import { Sql, type SqlValue, timeOf } from '../database/sql.js';
import type { AuditKind } from './audit-kinds.js';
import type { AuditEvent } from './audit-event.entity.js';
import { leastIdAt } from '../database/uuid-v7.js';

/** Which events are meant. */
export interface AuditFilter {
  /** The account that it was done to. */
  readonly accountId?: number | undefined;
  /** The account that did it. */
  readonly actorId?: number | undefined;
  readonly kind?: AuditKind | undefined;
  readonly from?: Date | undefined;
  /** Events of this time are not meant any more. */
  readonly to?: Date | undefined;
}

/** A page of the trail. */
export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** The id after which the next page begins, if there is one. */
  readonly next: string | undefined;
}

/**
 * The columns that find events, by their indices with the id. The first that is asked for does; the others are put so that
 * SQLite does not go by theirs. PostgreSQL goes by its statistics.
 */
const FINDING = ['account_id', 'actor_id', 'kind'] as const;

/** After every event. */
const END = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Reads the audit trail, the newest events first. Ids are in the order of time, so times are bounds of ids. */
@Injectable()
export class AuditTrail {
  constructor(private readonly sql: Sql) {}

  /** At most so many events before the one with the id `after`. */
  async page(filter: AuditFilter, limit: number, after: string | undefined): Promise<AuditPage> {
    const { text, parameters } = conditionOf(filter, after);
    const rows = await this.sql.rows<Row>(
      `SELECT id, at, kind, refusal, account_id, actor_id, actor, identifier_hash, door, session_id, ip, user_agent,
         request_id, count, detail
       FROM audit_events WHERE ${text} ORDER BY id DESC LIMIT :limit`,
      { ...parameters, limit: limit + 1 },
    );
    const events = rows.slice(0, limit).map(readEvent);
    return { events, next: rows.length > limit ? events.at(-1)?.id : undefined };
  }
}

function conditionOf(
  { accountId, actorId, kind, from, to }: AuditFilter,
  after: string | undefined,
): { text: string; parameters: Record<string, SqlValue> } {
  const asked = { account_id: accountId, actor_id: actorId, kind };
  const columns = FINDING.filter((column) => asked[column] !== undefined);
  // One upper bound: of two, SQLite may begin at the wrong one.
  const end = [END, after, to && leastIdAt(to)].filter((id) => id !== undefined).sort()[0] ?? END;
  const conditions = [
    ...columns.map((column, place) => (place === 0 ? `${column} = :${column}` : `NOT (${column} <> :${column})`)),
    from && 'id >= :least::uuid',
    'id < :end::uuid',
  ];
  return {
    text: conditions.filter(Boolean).join(' AND '),
    parameters: {
      ...Object.fromEntries(columns.map((column) => [column, asked[column] as SqlValue])),
      ...(from && { least: leastIdAt(from) }),
      end,
    },
  };
}

interface Row {
  id: string;
  at: string | Date;
  kind: AuditKind;
  refusal: string | null;
  account_id: number | null;
  actor_id: number | null;
  actor: string | null;
  identifier_hash: string | null;
  door: string;
  session_id: string | null;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  count: number;
  detail: string | null;
}

function readEvent(row: Row): AuditEvent {
  return {
    id: row.id,
    at: timeOf(row.at),
    kind: row.kind,
    refusal: row.refusal,
    accountId: row.account_id,
    actorId: row.actor_id,
    actor: row.actor,
    identifierHash: row.identifier_hash,
    door: row.door,
    sessionId: row.session_id,
    ip: row.ip,
    userAgent: row.user_agent,
    requestId: row.request_id,
    count: row.count,
    detail: row.detail,
  };
}
