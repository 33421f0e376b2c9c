import { AUDIT_KIND_NAMES, type AuditKind } from '../audit/audit-kinds.js';
import type { AuditFilter } from '../audit/audit-trail.js';
import { isSessionId } from '../auth/account/account-sessions.service.js';
import { ApiPropertyOptional } from '../contract-kit/openapi.js';
import { CheckOptional, PageCursor, PageLimit, pageOf } from '../contract-kit/query.js';
import { readAccountId } from '../users/account-id.js';
import { isDateTime } from './times.js';

const isAccountId = (text: string): boolean => readAccountId(text) !== undefined;

/** The query of the audit trail; a cursor of it is the id of an event. */
export class AuditQueryDto {
  @ApiPropertyOptional({ type: 'integer', description: 'The account that it was done to.' })
  @CheckOptional(1, 'Must be the id of an account.', isAccountId)
  account?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'The account that did it.' })
  @CheckOptional(1, 'Must be the id of an account.', isAccountId)
  actor?: string;

  @ApiPropertyOptional({ enum: AUDIT_KIND_NAMES })
  @CheckOptional(1, 'Must be a kind of event.', (kind) => AUDIT_KIND_NAMES.includes(kind))
  kind?: AuditKind;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not before this time.' })
  @CheckOptional(1, 'Must be a time of ISO 8601 with its zone.', isDateTime)
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @CheckOptional(1, 'Must be a time of ISO 8601 with its zone.', isDateTime)
  to?: string;

  @PageLimit()
  limit?: string;

  @PageCursor(([id, ...others]) => typeof id === 'string' && isSessionId(id) && others.length === 0)
  cursor?: string;
}

/** Which page of the trail is asked for. */
export interface EventsAsked {
  readonly filter: AuditFilter;
  readonly limit: number;
  readonly after: string | undefined;
}

/** What the query asks for. */
export function eventsAsked({ account, actor, kind, from, to, ...page }: AuditQueryDto): EventsAsked {
  const { limit, after } = pageOf(page);
  const filter = {
    accountId: account === undefined ? undefined : Number(account),
    actorId: actor === undefined ? undefined : Number(actor),
    kind,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
  return { filter, limit, after: after?.[0] as string | undefined };
}
