import type { SessionPage } from '../auth/account/account-sessions.service.js';
import type { Principal } from '../auth/door.js';
import { ListedSessionDto, listedSessionsDto } from '../contract-kit/listed-sessions.dto.js';
import { ApiProperty } from '../contract-kit/openapi.js';

export { pageOfSessions, SessionsQueryDto } from '../contract-kit/listed-sessions.dto.js';

/** A session of mine. */
export class SessionDto extends ListedSessionDto {
  @ApiProperty({ example: true, description: 'Whether it is the session that asks.' })
  current!: boolean;
}

/** A page of my sessions. */
export class SessionsDto {
  @ApiProperty({ type: [SessionDto] })
  sessions!: SessionDto[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The `cursor` of the next page, if any.' })
  next_cursor!: string | null;
}

/** A page as it is answered. */
export function sessionsDto(page: SessionPage, { sessionId }: Principal): SessionsDto {
  const { sessions, next_cursor } = listedSessionsDto(page);
  return {
    sessions: sessions.map((session) => Object.assign(session, { current: session.id === sessionId })),
    next_cursor,
  };
}
