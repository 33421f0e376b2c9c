import { isSessionId, type SessionPage, type SessionsAsked } from '../auth/account/account-sessions.service.js';
import type { ListedSession } from '../tokens/session-list.js';
import { type CursorValues, encodeCursor } from './cursor.js';
import { type Device, DEVICE_OR_NULL, deviceOf } from '../auth/device.js';
import { ApiProperty } from './openapi.js';
import { PageCursor, PageLimit, pageOf } from './query.js';

const MINUTE_MS = 60_000;

/** The last moment that both engines store. */
const LAST_MS = Date.UTC(9999, 11, 31);

/** The query of a list of sessions; a cursor of it is a time in milliseconds and a session's id. */
export class SessionsQueryDto {
  @PageLimit()
  limit?: string;

  @PageCursor(isSessionPlace)
  cursor?: string;
}

/** A live session of an account. */
export class ListedSessionDto {
  @ApiProperty({ format: 'uuid', example: '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57' })
  id!: string;

  @ApiProperty({ example: 'cookie', description: 'The contract through which it was opened.' })
  contract!: string;

  @ApiProperty(DEVICE_OR_NULL)
  device!: Device | null;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) …' })
  user_agent!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '192.0.2.7', description: 'Where it was opened from.' })
  ip!: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-01-31T08:00:00.000Z' })
  created_at!: string;

  @ApiProperty({
    format: 'date-time',
    example: '2026-01-31T08:41:00.000Z',
    description: 'When it was last used, to the minute.',
  })
  last_seen_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-03-02T08:00:00.000Z' })
  expires_at!: string;
}

/** A page of an account's sessions. */
export class ListedSessionsDto {
  @ApiProperty({ type: [ListedSessionDto] })
  sessions!: ListedSessionDto[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The `cursor` of the next page, if any.' })
  next_cursor!: string | null;
}

/** Which page of the list is asked for. */
export function pageOfSessions(query: SessionsQueryDto): SessionsAsked {
  const { limit, after } = pageOf(query);
  return { limit, after: after && { createdAt: new Date(after[0] as number), id: after[1] as string } };
}

/** A page as it is answered. */
export function listedSessionsDto({ sessions, next }: SessionPage): ListedSessionsDto {
  return {
    sessions: sessions.map(listedSessionDto),
    next_cursor: next ? encodeCursor([next.createdAt.getTime(), next.id]) : null,
  };
}

/** A session as it is answered. */
export function listedSessionDto(session: ListedSession): ListedSessionDto {
  return {
    id: session.id,
    contract: session.contract,
    device: deviceOf(session.userAgent),
    user_agent: session.userAgent,
    ip: session.ip,
    created_at: session.createdAt.toISOString(),
    last_seen_at: toTheMinute(session.lastSeenAt, session).toISOString(),
    expires_at: toTheMinute(session.expiresAt, session).toISOString(),
  };
}

/** Nothing more exact: whoever shares a session unseen would time its owner's requests by it. */
function toTheMinute(at: Date, { createdAt }: ListedSession): Date {
  return new Date(Math.max(createdAt.getTime(), Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS));
}

function isSessionPlace([ms, id, ...others]: CursorValues): boolean {
  const isTime = Number.isInteger(ms) && (ms as number) >= 0 && (ms as number) <= LAST_MS;
  return isTime && typeof id === 'string' && isSessionId(id) && others.length === 0;
}
