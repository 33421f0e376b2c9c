import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ScannedPage } from '../database/scanned-page.js';
import { Sql, type SqlValue, timeOf } from '../database/sql.js';
import type { AuditKind } from './audit-kinds.js';
import { type AuditPage, merged } from './audit-page.js';
import type { AuditEvent } from './audit-event.entity.js';
import { leastIdAt } from '../database/uuid-v7.js';

/** Which events are meant. */
export interface AuditFilter {
  /** The account that it was done to, or those of which it was one. */
  readonly accountId?: number | readonly number[] | undefined;
  /** The account that did it. */
  readonly actorId?: number | undefined;
  readonly kind?: AuditKind | undefined;
  /** The code of a refusal. */
  readonly refusal?: string | undefined;
  /** Where the request came from. */
  readonly ip?: string | undefined;
  /** A name that belongs to no account, as its HMAC. */
  readonly identifierHash?: string | undefined;
  /** The contract, or the part of the native API. */
  readonly door?: string | undefined;
  /** Who did it that is no account. */
  readonly actor?: string | undefined;
  readonly from?: Date | undefined;
  /** Events of this time are not meant any more. */
  readonly to?: Date | undefined;
}

/** The columns that find events, by their indices with the id: the first that is asked for, as the rarest. */
const FINDING = [
  'account_id',
  'actor_id',
  'identifier_hash',
  'actor',
  'ip',
  'refusal',
  'kind',
  'door',
] as const satisfies (keyof Row)[];

/** How many of an account's sign-ins tell where it signs in. */
const SIGN_INS_LOOKED_AT = 1000;

/** How many events an export reads at a time. */
const EXPORTED = 500;

/** After every event. */
const END = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Reads the audit trail, the newest events first. Ids are in the order of time, so times are bounds of ids. */
@Injectable()
export class AuditTrail {
  constructor(private readonly sql: Sql) {}

  /** At most so many events before the one with the id `after`. A page may be short while there is another. */
  async page(filter: AuditFilter, limit: number, after: string | undefined): Promise<AuditPage> {
    const { accountId, ...others } = filter;
    if (typeof accountId !== 'object') return this.pageOfOne({ ...others, accountId }, limit, after);
    const pages = await Promise.all(accountId.map((id) => this.pageOfOne({ ...others, accountId: id }, limit, after)));
    return merged(pages, limit);
  }

  private async pageOfOne(filter: FilterOfOne, limit: number, after: string | undefined): Promise<AuditPage> {
    const asked = askedOf(filter);
    const [finding, ...others] = FINDING.filter((column) => asked[column] !== undefined);
    const page = new ScannedPage<AuditEvent, string | undefined>(limit, after);
    const { entries, next } = await page.fill(async (batch, place) =>
      (await this.read(finding, asked, filter, batch, place)).map((row) => {
        const isMeant = others.every((column) => row[column] === asked[column]);
        return { place: row.id, entry: isMeant ? readEvent(row) : undefined };
      }),
    );
    return { events: entries, next };
  }

  /** The doors through which an account registered or signed in, as far as its trail goes back, and those of its sessions. */
  async doorsOf(accountId: number): Promise<string[]> {
    const rows = await this.sql.rows<{ door: string }>(
      `SELECT DISTINCT door FROM (SELECT door FROM audit_events
         WHERE account_id = :accountId AND kind IN ('registered', 'signed_in') AND refusal IS NULL
         ORDER BY id DESC LIMIT ${SIGN_INS_LOOKED_AT}) AS newest
       UNION SELECT contract FROM sessions WHERE user_id = :accountId AND revoked_at IS NULL`,
      { accountId },
    );
    return rows.map(({ door }) => door);
  }

  /** All events, some at a time. What is recorded meanwhile is not among them. */
  async *export(filter: AuditFilter): AsyncGenerator<readonly AuditEvent[]> {
    let after: string | undefined;
    do {
      const { events, next } = await this.page(filter, EXPORTED, after);
      if (events.length > 0) yield events;
      after = next;
      // On SQLite a statement holds the thread that serves requests.
      await setImmediate();
    } while (after !== undefined);
  }

  private async read(
    finding: Finding | undefined,
    asked: Asked,
    { from, to }: FilterOfOne,
    limit: number,
    after: string | undefined,
  ): Promise<Row[]> {
    // One upper bound: of two, SQLite may begin at the wrong one.
    const end = [END, after, to && leastIdAt(to)].filter((id) => id !== undefined).sort()[0] ?? END;
    const conditions = [finding && `${finding} = :found`, from && 'id >= :least::uuid', 'id < :end::uuid'];
    return this.sql.rows<Row>(
      `SELECT id, at, kind, refusal, account_id, actor_id, actor, identifier_hash, door, session_id, ip, user_agent,
         request_id, count, detail
       FROM audit_events WHERE ${conditions.filter(Boolean).join(' AND ')} ORDER BY id DESC LIMIT :limit`,
      {
        ...(finding && { found: asked[finding] as SqlValue }),
        ...(from && { least: leastIdAt(from) }),
        end,
        limit,
      },
    );
  }
}

type FilterOfOne = AuditFilter & { readonly accountId?: number | undefined };

type Finding = (typeof FINDING)[number];

type Asked = Readonly<Record<Finding, string | number | undefined>>;

function askedOf({ accountId, actorId, identifierHash, actor, ip, refusal, kind, door }: FilterOfOne): Asked {
  return { account_id: accountId, actor_id: actorId, identifier_hash: identifierHash, actor, ip, refusal, kind, door };
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
