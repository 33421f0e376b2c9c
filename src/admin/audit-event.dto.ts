import type { AuditEvent } from '../audit/audit-event.entity.js';
import { AUDIT_KIND_NAMES, type AuditKind } from '../audit/audit-kinds.js';
import type { AuditPage } from '../audit/audit-page.js';
import { encodeCursor } from '../contract-kit/cursor.js';
import { ApiProperty } from '../contract-kit/openapi.js';

/** One event of the trail. */
export class AuditEventDto {
  @ApiProperty({ format: 'uuid', example: '019b0f3e-7c00-7000-8000-000000000000' })
  id!: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-31T08:00:00.000Z' })
  at!: string;

  @ApiProperty({ enum: AUDIT_KIND_NAMES, example: 'signed_in' })
  kind!: AuditKind;

  @ApiProperty({ type: String, nullable: true, example: 'password_wrong', description: 'Null for what was done.' })
  refusal!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 2, description: 'The account that it was done to.' })
  account_id!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 1, description: 'The account that did it.' })
  actor_id!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Who did it that is no account: the id of a service client, `command line` or `service`.',
  })
  actor!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'A name that belongs to no account, as an HMAC: alike for the same name.',
  })
  identifier_hash!: string | null;

  @ApiProperty({ example: 'cookie', description: 'The contract, or the part of this API.' })
  door!: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'The session that it is about, or that asked for it.',
  })
  session_id!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '192.0.2.7' })
  ip!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'curl/8.7.1' })
  user_agent!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'f0b3a6de', description: 'As in the log and in X-Request-Id.' })
  request_id!: string | null;

  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'Number of acts that the event stands for.',
  })
  count!: number;

  @ApiProperty({ type: 'object', nullable: true, additionalProperties: true, example: { is_admin: true } })
  detail!: Record<string, unknown> | null;
}

/** A page of the trail. */
export class AuditEventsDto {
  @ApiProperty({ type: [AuditEventDto] })
  events!: AuditEventDto[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The `cursor` of the next page, if any.' })
  next_cursor!: string | null;
}

/** A page as it is answered. */
export function auditEventsDto({ events, next }: AuditPage): AuditEventsDto {
  return { events: events.map(eventDto), next_cursor: next === undefined ? null : encodeCursor([next]) };
}

/** An event as it is answered, and a line of an export. */
export function eventDto(event: AuditEvent): AuditEventDto {
  return {
    id: event.id,
    at: event.at.toISOString(),
    kind: event.kind,
    refusal: event.refusal,
    account_id: event.accountId,
    actor_id: event.actorId,
    actor: event.actor,
    identifier_hash: event.identifierHash,
    door: event.door,
    session_id: event.sessionId,
    ip: event.ip,
    user_agent: event.userAgent,
    request_id: event.requestId,
    count: event.count,
    detail: event.detail === null ? null : (JSON.parse(event.detail) as Record<string, unknown>),
  };
}
