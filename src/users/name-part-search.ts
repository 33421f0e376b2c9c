import { Injectable } from '@nestjs/common';
import { type Scanned, ScannedPage } from '../database/scanned-page.js';
import { Sql } from '../database/sql.js';
import { type AccountFacts, FACT_COLUMNS, type FactsRow, readFacts } from './account-facts.js';
import { type AccountFilter, allOf, BY_INDEX, condition } from './account-filter.js';
import { readAccountId } from './account-id.js';
import { AccountList, type AccountPage } from './account-list.js';
import { foundByNamePart, hasPart, partOf } from './name-parts.js';

/** How many accounts are looked through in the order of ids before the index is asked: what many have is soon found. */
const WALKED = 500;

type Page = ScannedPage<AccountFacts, number>;

/** Reads an account's row for the page. */
type Scan = (row: FactsRow) => Scanned<AccountFacts, number>;

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
    const scan: Scan = (row) => {
      const account = readFacts(row);
      const isWanted = account.id !== exactId && isMeant(account, filter);
      return { place: account.id, entry: isWanted ? account : undefined };
    };
    const part = partOf(filter.query);
    const { entries, next } =
      (await this.walk(filter, part, new ScannedPage(room, after ?? 0), scan)) ??
      (await this.find(part, new ScannedPage(room, after ?? 0), scan));
    return { accounts: [...exact, ...entries], next };
  }

  /** The page, if it is full before so many accounts were looked through, or if there are no others. */
  private async walk({ status }: AccountFilter, part: string, page: Page, scan: Scan): Promise<Page | undefined> {
    const { text, parameters } = allOf(condition('id > :after'), status && BY_INDEX.status(status));
    const rows = await this.sql.rows<FactsRow>(
      `SELECT ${FACT_COLUMNS} FROM users WHERE ${text} AND deleted_at IS NULL ORDER BY id LIMIT ${WALKED}`,
      { ...parameters, after: page.place },
    );
    const found = rows.filter((row) =>
      [row.username_key, row.email_key, row.email_spellings].some((name) => hasPart(name, part)),
    );
    return found.every((row) => page.take(scan(row))) && rows.length === WALKED ? undefined : page;
  }

  private async find(part: string, page: Page, scan: Scan): Promise<Page> {
    const { text, parameters } = foundByNamePart(this.sql, FACT_COLUMNS, part);
    return page.fill(async (limit, after) =>
      (await this.sql.rows<FactsRow>(text, { ...parameters, after, limit })).map(scan),
    );
  }
}

function isMeant(account: AccountFacts, { status, isAdmin }: AccountFilter): boolean {
  return (status ?? account.status) === account.status && (isAdmin ?? account.isAdmin) === account.isAdmin;
}
