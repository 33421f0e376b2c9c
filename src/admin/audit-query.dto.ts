import { isIP } from 'node:net';
import { AUDIT_KIND_NAMES, type AuditKind } from '../audit/audit-kinds.js';
import type { TrailAsked } from '../auth/administration/trail-reading.service.js';
import { isSessionId } from '../auth/account/account-sessions.service.js';
import { ApiPropertyOptional } from '../contract-kit/openapi.js';
import { CheckOptional, PageCursor, PageLimit, pageOf } from '../contract-kit/query.js';
import { readAccountId } from '../users/account-id.js';
import { isEmailAddress } from '../users/identifiers.js';
import { isDateTime } from './times.js';
import { DOOR_NAMES, isActor, REFUSAL_CODES } from './trail-names.js';

const isAccountId = (text: string): boolean => readAccountId(text) !== undefined;

/** Which events of the trail are meant. */
export class AuditFilterDto {
  @ApiPropertyOptional({ type: 'integer', description: 'The account that it was done to.' })
  @CheckOptional(1, 'Must be the id of an account.', isAccountId)
  account?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'The account that did it.' })
  @CheckOptional(1, 'Must be the id of an account.', isAccountId)
  actor?: string;

  @ApiPropertyOptional({ enum: AUDIT_KIND_NAMES })
  @CheckOptional(1, 'Must be a kind of event.', (kind) => AUDIT_KIND_NAMES.includes(kind))
  kind?: AuditKind;

  @ApiPropertyOptional({ enum: REFUSAL_CODES })
  @CheckOptional(1, 'Must be the code of a refusal.', (code) => REFUSAL_CODES.includes(code))
  refusal?: string;

  @ApiPropertyOptional({
    description:
      'The IP address that it was asked for from, or an e-mail address: of the account that proved it, of those that claim it, or tried and nobody’s.',
  })
  @CheckOptional(1, 'Must be an IP address or an e-mail address.', (text) => isIP(text) > 0 || isEmailAddress(text))
  address?: string;

  @ApiPropertyOptional({
    enum: DOOR_NAMES,
    description: 'The contract, or the part of this API: the `door` of events.',
  })
  @CheckOptional(1, 'Must be the name of a contract, or of a part of this API.', (name) => DOOR_NAMES.includes(name))
  contract?: string;

  @ApiPropertyOptional({ description: 'The `actor` of events: a service client, `command line` or `service`.' })
  @CheckOptional(1, 'Must be the id of a service client, or `command line` or `service`.', isActor)
  client?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not before this time.' })
  @CheckOptional(1, 'Must be a time of ISO 8601 with its zone.', isDateTime)
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @CheckOptional(1, 'Must be a time of ISO 8601 with its zone.', isDateTime)
  to?: string;
}

/** The query of the audit trail; a cursor of it is the id of an event. */
export class AuditQueryDto extends AuditFilterDto {
  @PageLimit()
  limit?: string;

  @PageCursor(([id, ...others]) => typeof id === 'string' && isSessionId(id) && others.length === 0)
  cursor?: string;
}

/** Which events the query asks for. */
export function trailAsked({ account, actor, from, to, ...rest }: AuditFilterDto): TrailAsked {
  const { kind, refusal, address, contract, client } = rest;
  return {
    account: account === undefined ? undefined : Number(account),
    actor: actor === undefined ? undefined : Number(actor),
    kind,
    refusal,
    address,
    contract,
    client,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

/** Which page of them. */
export function pageOfEvents(query: AuditQueryDto): { readonly limit: number; readonly after: string | undefined } {
  const { limit, after } = pageOf(query);
  return { limit, after: after?.[0] as string | undefined };
}
