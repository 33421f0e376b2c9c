import { applyDecorators, type PipeTransform, Query } from '@nestjs/common';
import type { Fields } from './body.js';
import { type CursorValues, decodeCursor } from './cursor.js';
import { Check, type Dto, toDto } from './dto.js';
import { ApiPropertyOptional } from './openapi.js';
import { noteReading } from './read-parts.js';

/** How many entries a page of a list has unless the caller says otherwise, and how many at most. */
const DEFAULT_LIMIT = 50;
const GREATEST_LIMIT = 200;

/** The query parameters of a list in pages. */
export interface PageQuery {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

/** Which page of a list is asked for. */
export interface Page {
  readonly limit: number;
  /** The place after which it begins; none for the first page. */
  readonly after: CursorValues | undefined;
}

/**
 * The query parameters of a request, checked as the fields of a body are. They are texts; one that is given twice is a
 * list, which breaks any rule for texts.
 */
export function ContractQuery<T extends object>(type: Dto<T>): ParameterDecorator {
  const pipe: PipeTransform = { transform: (query: Fields) => readQuery(type, query) };
  return (prototype, method, index) => {
    noteReading('query', prototype, method);
    Query(pipe)(prototype, method, index);
  };
}

/** Reads query parameters; `_` says nothing: libraries put it there against caches. @throws {RequestError} `fields_invalid` */
export function readQuery<T extends object>(type: Dto<T>, { _: _buster, ...query }: Fields): T {
  return toDto(type, query, { refusesUnknown: true });
}

/** A rule for a query parameter that may be missing; anything but a text that is accepted breaks it. */
export function CheckOptional(step: number, text: string, accepts: (value: string) => boolean): PropertyDecorator {
  return Check(step, text, (value) => value === undefined || (typeof value === 'string' && accepts(value)));
}

/** Declares the parameter `limit` of a list. */
export function PageLimit(): PropertyDecorator {
  const text = `Must be a whole number from 1 to ${GREATEST_LIMIT}.`;
  return applyDecorators(
    ApiPropertyOptional({
      type: 'integer',
      minimum: 1,
      maximum: GREATEST_LIMIT,
      default: DEFAULT_LIMIT,
      description: 'How many entries the page has at most.',
    }),
    CheckOptional(1, text, (limit) => /^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= GREATEST_LIMIT),
  );
}

/** Declares the parameter `cursor` of a list, whose places `accepts` knows. */
export function PageCursor(accepts: (values: CursorValues) => boolean): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: 'string',
      description:
        'Where the page begins: the `next_cursor` of the page before, as it is. Without one, the first page.',
    }),
    CheckOptional(2, 'Must be the next_cursor of a page.', (cursor) => {
      const values = decodeCursor(cursor);
      return values !== undefined && accepts(values);
    }),
  );
}

/** The page that checked parameters ask for. */
export function pageOf({ limit, cursor }: PageQuery): Page {
  return {
    limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
    after: cursor === undefined ? undefined : decodeCursor(cursor),
  };
}
