import type { SessionsMeant } from '../auth/administration/session-overview.service.js';
import { encodeCursor } from '../contract-kit/cursor.js';
import { ListedSessionDto, listedSessionDto, SessionsQueryDto } from '../contract-kit/listed-sessions.dto.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';
import { CheckOptional } from '../contract-kit/query.js';
import type { AllSessionsPage } from '../tokens/all-sessions.js';
import { readAccountId } from '../users/account-id.js';
import { isDateTime } from './times.js';
import { CONTRACT_NAMES } from './trail-names.js';

/** The query of the list of all sessions. */
export class AllSessionsQueryDto extends SessionsQueryDto {
  @ApiPropertyOptional({ type: 'integer', description: 'The account that they belong to.' })
  @CheckOptional(1, 'Must be the id of an account.', (text) => readAccountId(text) !== undefined)
  account?: string;

  @ApiPropertyOptional({ enum: CONTRACT_NAMES, description: 'The contract through which they were opened.' })
  @CheckOptional(1, 'Must be the name of a contract.', (name) => CONTRACT_NAMES.includes(name))
  contract?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not opened before this time.' })
  @CheckOptional(1, 'Must be a time of ISO 8601 with its zone.', isDateTime)
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Opened before this time.' })
  @CheckOptional(1, 'Must be a time of ISO 8601 with its zone.', isDateTime)
  to?: string;
}

/** A live session, and whose it is. */
export class AccountSessionDto extends ListedSessionDto {
  @ApiProperty({ example: 1 })
  account_id!: number;
}

/** A page of all sessions. */
export class AllSessionsDto {
  @ApiProperty({ type: [AccountSessionDto] })
  sessions!: AccountSessionDto[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The `cursor` of the next page, if any.' })
  next_cursor!: string | null;
}

/** Which sessions the query asks for. */
export function sessionsMeant({ account, contract, from, to }: AllSessionsQueryDto): SessionsMeant {
  return {
    accountId: account === undefined ? undefined : Number(account),
    contract,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}

/** A page as it is answered. */
export function allSessionsDto({ sessions, next }: AllSessionsPage): AllSessionsDto {
  return {
    sessions: sessions.map((session) => Object.assign(listedSessionDto(session), { account_id: session.accountId })),
    next_cursor: next ? encodeCursor([next.createdAt.getTime(), next.id]) : null,
  };
}
