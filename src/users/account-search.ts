import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { type AccountFacts, FACT_COLUMNS, type FactsRow, readFacts } from './account-facts.js';
import { type AccountFilter, allOf, BY_INDEX, BY_LOOKING, type Condition, condition } from './account-filter.js';
import { readAccountId } from './account-id.js';
import type { AccountPage } from './account-list.js';
import { compareNames, isWithin, type NameColumn, type NameRange, rangesOf } from './name-prefix.js';

/**
 * A place in the list, which is ordered by the names that were found. Where two are alike, the username comes first, then
 * the older account: several may claim one address.
 */
export interface NamePlace {
  readonly name: string;
  readonly column: NameColumn;
  readonly id: number;
}

/** Before every name. */
const BEGINNING: NamePlace = { name: '', column: 'username_key', id: 0 };

type NameRanges = ReturnType<typeof rangesOf>;

interface Found extends NamePlace {
  readonly row: FactsRow;
}

const OTHER = { username_key: 'email_key', email_key: 'username_key' } as const;

/** How many names one request looks at: accounts that were listed before by their other name are passed over. */
const EXAMINED_LIMIT = 5000;

/** How many rows one statement reads after the first. */
const BATCH = 500;

/** Lists the accounts whose username or e-mail address begins with a text, in the order of these names. */
@Injectable()
export class AccountSearch {
  constructor(private readonly sql: Sql) {}

  /** The account whose id the text is, if it is one, comes first of all. A page may be short of `limit`. */
  async page(
    filter: AccountFilter & { readonly query: string },
    limit: number,
    after: NamePlace | undefined,
  ): Promise<AccountPage<NamePlace>> {
    const ranges = rangesOf(filter.query);
    const exactId = readAccountId(filter.query) ?? 0;
    const accounts = after ? [] : await this.exactly(exactId, filter);
    let place = after ?? BEGINNING;
    let examined = 0;
    for await (const found of this.found(filter, ranges, limit + 1, after)) {
      if (++examined > EXAMINED_LIMIT) return { accounts, next: place };
      const isRepeated = found.row.id === exactId || isListedByOther(found, ranges);
      if (!isRepeated && accounts.length === limit) return { accounts, next: place };
      if (!isRepeated) accounts.push(readFacts(found.row));
      place = found;
    }
    return { accounts, next: undefined };
  }

  private async exactly(id: number, filter: AccountFilter): Promise<AccountFacts[]> {
    const where = allOf(condition('id = :id', { id }), ...conditionsOf(filter));
    const { text, parameters } = where;
    const statement = `SELECT ${FACT_COLUMNS} FROM users WHERE ${text} AND deleted_at IS NULL`;
    const rows = await this.sql.rows<FactsRow>(statement, parameters);
    return rows.map(readFacts);
  }

  /** The names of both columns in one order. */
  private async *found(
    filter: AccountFilter,
    ranges: NameRanges,
    firstBatch: number,
    after: NamePlace | undefined,
  ): AsyncGenerator<Found> {
    const usernames = this.namesOf('username_key', filter, ranges.username_key, firstBatch, after);
    const emails = this.namesOf('email_key', filter, ranges.email_key, firstBatch, after);
    let [username, email] = [await usernames.next(), await emails.next()];
    while (!username.done || !email.done) {
      if (email.done || (!username.done && compareNames(username.value.name, email.value.name) <= 0)) {
        yield username.value as Found;
        username = await usernames.next();
      } else {
        yield email.value;
        email = await emails.next();
      }
    }
  }

  private async *namesOf(
    column: NameColumn,
    filter: AccountFilter,
    range: NameRange,
    firstBatch: number,
    after: NamePlace | undefined,
  ): AsyncGenerator<Found> {
    let place = after;
    for (let batch = firstBatch; ; batch = BATCH) {
      const rows = await this.read(column, allOf(this.within(column, range, place), ...conditionsOf(filter)), batch);
      for (const row of rows) {
        const found = { row, column, name: row[column] as string, id: row.id };
        place = found;
        yield found;
      }
      if (rows.length < batch) return;
    }
  }

  private async read(column: NameColumn, { text, parameters }: Condition, limit: number): Promise<FactsRow[]> {
    return this.sql.rows<FactsRow>(
      `SELECT ${FACT_COLUMNS} FROM users WHERE ${text} ORDER BY ${this.inByteOrder(column)}, id LIMIT :limit`,
      { ...parameters, limit },
    );
  }

  /** One bound at each end: of two, SQLite may begin at the wrong one. */
  private within(column: NameColumn, { from, before }: NameRange, after: NamePlace | undefined): Condition {
    const name = this.inByteOrder(column);
    return allOf(
      this.behind(column, after && compareNames(after.name, from) >= 0 ? after : undefined, from),
      before === undefined ? undefined : condition(`${name} < :before`, { before }),
    );
  }

  private behind(column: NameColumn, after: NamePlace | undefined, from: string): Condition {
    const name = this.inByteOrder(column);
    if (!after) return condition(`${name} >= :least`, { least: from });
    if (column === after.column) return condition(`(${name}, id) > (:least, :id)`, { least: after.name, id: after.id });
    return condition(`${name} ${column === 'username_key' ? '>' : '>='} :least`, { least: after.name });
  }

  private inByteOrder(column: NameColumn): string {
    return this.sql.isPostgres ? `${column} COLLATE "C"` : column;
  }
}

function conditionsOf({ status, isAdmin }: AccountFilter): (Condition | undefined)[] {
  return [status && BY_INDEX.status(status), isAdmin === undefined ? undefined : BY_LOOKING.isAdmin(isAdmin)];
}

/** Whether the account comes before in the list, by its other name. */
function isListedByOther({ row, column, name }: Found, ranges: NameRanges): boolean {
  const other = row[OTHER[column]];
  if (!isWithin(other, ranges[OTHER[column]])) return false;
  const order = compareNames(other, name);
  return order < 0 || (order === 0 && column === 'email_key');
}
