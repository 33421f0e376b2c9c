import { type CursorValues, encodeCursor } from '../contract-kit/cursor.js';
import { ApiPropertyOptional } from '../contract-kit/openapi.js';
import { CheckOptional, PageCursor, PageLimit, pageOf } from '../contract-kit/query.js';
import { RequestError } from '../contract-kit/wire-error.js';
import type { UsersAsked, UsersPage } from '../auth/administration/administration-list.service.js';
import { EMAIL_MAX_LENGTH, isPlainText, lengthOf } from '../users/identifiers.js';
import { isNamePart } from '../users/name-parts.js';
import type { NameColumn } from '../users/name-prefix.js';
import type { AccountStatus } from '../users/user.entity.js';
import { userDto, type UsersDto } from './user.dto.js';

const STATUSES: readonly string[] = ['pending', 'active', 'deactivated'] satisfies AccountStatus[];

/** The query of the list of accounts. Its cursor is an id, or where names begin with a short text a name and which one. */
export class UsersQueryDto {
  @ApiPropertyOptional({
    description:
      'Any part of a username or an e-mail address, in any case of letters, or exactly an id. Of fewer than three characters, the beginning.',
    maxLength: EMAIL_MAX_LENGTH,
  })
  @CheckOptional(
    1,
    `Must be a text of at most ${EMAIL_MAX_LENGTH} characters without control characters.`,
    (query) => lengthOf(query) <= EMAIL_MAX_LENGTH && isPlainText(query),
  )
  query?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @CheckOptional(1, 'Must be pending, active or deactivated.', (status) => STATUSES.includes(status))
  status?: AccountStatus;

  @ApiPropertyOptional({ type: Boolean })
  @CheckOptional(1, 'Must be true or false.', (isAdmin) => isAdmin === 'true' || isAdmin === 'false')
  is_admin?: 'true' | 'false';

  @PageLimit()
  limit?: string;

  @PageCursor((values) => isId(values) || isName(values))
  cursor?: string;
}

/** What the query asks for. @throws {RequestError} `fields_invalid` for a cursor of another list */
export function usersAsked({ query, status, is_admin, limit, cursor }: UsersQueryDto): UsersAsked {
  const isAdmin = is_admin === undefined ? undefined : is_admin === 'true';
  const { after, ...page } = pageOf({ limit, cursor });
  // An empty search box searches for nothing. Administrators are few enough to be looked through in the order of ids.
  const isSearch = query !== undefined && query !== '' && !isAdmin;
  const isByName = isSearch && !isNamePart(query);
  if (after && isByName !== isName(after)) throw ofOtherList();
  if (isByName) return { ...page, kind: 'by name', filter: { query, status, isAdmin }, after: nameOf(after) };
  const afterId = after?.[0] as number | undefined;
  if (isSearch) return { ...page, kind: 'by part', filter: { query, status, isAdmin }, after: afterId };
  return { ...page, kind: 'by id', filter: { query: query || undefined, status, isAdmin }, after: afterId };
}

/** A page as it is answered. */
export function usersDto({ accounts, next }: UsersPage): UsersDto {
  return { users: accounts.map(userDto), next_cursor: next === undefined ? null : encodeCursor(cursorOf(next)) };
}

function cursorOf(next: NonNullable<UsersPage['next']>): CursorValues {
  return typeof next === 'number' ? [next] : [next.name, next.column, next.id];
}

function nameOf(after: CursorValues | undefined): Extract<UsersAsked, { kind: 'by name' }>['after'] {
  if (!after) return undefined;
  const [name, column, id = 0] = after;
  return { name: name as string, column: column as NameColumn, id: id as number };
}

function isId([id, ...others]: CursorValues): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 31 && others.length === 0;
}

function isName([name, column, id = 0, ...others]: CursorValues): boolean {
  const isColumn = column === 'username_key' || column === 'email_key';
  return typeof name === 'string' && isColumn && isId([id]) && others.length === 0;
}

function ofOtherList(): RequestError {
  const violations = [{ field: 'cursor', text: 'Must be the next_cursor of a page.', step: 2 }];
  return new RequestError('fields_invalid', { violations });
}
