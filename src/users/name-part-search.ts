import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { type AccountFacts, FACT_COLUMNS, type FactsRow, readFacts } from './account-facts.js';
import { type AccountFilter, allOf, BY_INDEX, condition } from './account-filter.js';
import { readAccountId } from './account-id.js';
import { AccountList, type AccountPage } from './account-list.js';
import { foundByNamePart, hasPart, partOf } from './name-parts.js';

/** How many accounts are looked through in the order of ids before the index is asked: what many have is soon found. */
const WALKED = 500;

/** How many accounts with the part one request looks at, where those that are not meant are passed over. */
const EXAMINED_LIMIT = 5000;

/** How many rows one statement reads after the first. */
const BATCH = 500;

/** Lists the accounts whose username or e-mail address has a text anywhere, in the order of ids. */
@Injectable()
export class NamePartSearch {
  constructor(
    private readonly sql: Sql,
    private readonly list: AccountList,
  ) {}

  /** The account whose id the text is, if it is one, comes first of all. A page may be short of `limit`. */
  async page(
    filter: AccountFilter & { readonly query: string },
    limit: number,
    after: number | undefined,
  ): Promise<AccountPage<number>> {
    const exactId = readAccountId(filter.query) ?? 0;
    const first = after === undefined ? await this.list.find(exactId) : undefined;
    const exact = first && isMeant(first, filter) ? [first] : [];
    const room = limit - exact.length;
    const isWanted = (account: AccountFacts): boolean => account.id !== exactId && isMeant(account, filter);
    const part = partOf(filter.query);
    const { accounts, next } =
      (await this.walk(filter, part, new Page(room, isWanted, after))) ??
      (await this.find(part, new Page(room, isWanted, after)));
    return { accounts: [...exact, ...accounts], next };
  }

  /** The page, if it is full before so many accounts were looked through, or if there are no others. */
  private async walk({ status }: AccountFilter, part: string, page: Page): Promise<Page | undefined> {
    const { text, parameters } = allOf(condition('id > :after'), status && BY_INDEX.status(status));
    const rows = await this.sql.rows<FactsRow>(
      `SELECT ${FACT_COLUMNS} FROM users WHERE ${text} AND deleted_at IS NULL ORDER BY id LIMIT ${WALKED}`,
      { ...parameters, after: page.place },
    );
    const found = rows.filter((row) =>
      [row.username_key, row.email_key, row.email_spellings].some((name) => hasPart(name, part)),
    );
    return found.every((row) => page.take(row)) && rows.length === WALKED ? undefined : page;
  }

  private async find(part: string, page: Page): Promise<Page> {
    const { text, parameters } = foundByNamePart(this.sql, FACT_COLUMNS, part);
    for (let limit = page.room + 1; ; limit = BATCH) {
      const rows = await this.sql.rows<FactsRow>(text, { ...parameters, after: page.place, limit });
      if (!rows.every((row) => page.take(row)) || rows.length < limit) return page;
    }
  }
}

/** A page while it is filled. */
class Page implements AccountPage<number> {
  readonly accounts: AccountFacts[] = [];
  next: number | undefined;
  /** The id that was looked at last. */
  place: number;
  private examined = 0;

  constructor(
    readonly room: number,
    private readonly isWanted: (account: AccountFacts) => boolean,
    after = 0,
  ) {
    this.place = after;
  }

  /** Answers false, and where the next page begins, for an account that the page has no room for. */
  take(row: FactsRow): boolean {
    const account = readFacts(row);
    const isWanted = this.isWanted(account);
    if (++this.examined > EXAMINED_LIMIT || (isWanted && this.accounts.length === this.room)) {
      this.next = this.place;
      return false;
    }
    if (isWanted) this.accounts.push(account);
    this.place = account.id;
    return true;
  }
}

function isMeant(account: AccountFacts, { status, isAdmin }: AccountFilter): boolean {
  return (status ?? account.status) === account.status && (isAdmin ?? account.isAdmin) === account.isAdmin;
}
