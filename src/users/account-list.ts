import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { type AccountFacts, FACT_COLUMNS, type FactsRow, readFacts } from './account-facts.js';
import { type AccountFilter, allOf, BY_INDEX, BY_LOOKING, type Condition, condition } from './account-filter.js';
import { readAccountId } from './account-id.js';
import { hasNamePart, isNamePart, partOf } from './name-parts.js';
import { type NameColumn, rangesOf } from './name-prefix.js';

/** A page of a list in the order of ids. */
export interface AccountPage<Place> {
  readonly accounts: readonly AccountFacts[];
  /** Where the next page begins, if there may be one. */
  readonly next: Place | undefined;
}

/** Lists accounts in the order of their ids. The rarest of the conditions finds the rows, by its index. */
@Injectable()
export class AccountList {
  constructor(private readonly sql: Sql) {}

  async find(id: number): Promise<AccountFacts | undefined> {
    return (await this.select(condition('id = :id', { id }), 1))[0];
  }

  /** At most so many accounts with ids above `after`. */
  async page(filter: AccountFilter, limit: number, after = 0): Promise<AccountPage<number>> {
    const where = allOf(condition('id > :after', { after }), ...this.conditionsOf(filter));
    const found = await this.select(where, limit + 1);
    const accounts = found.slice(0, limit);
    return { accounts, next: found.length > limit ? accounts.at(-1)?.id : undefined };
  }

  private async select({ text, parameters }: Condition, limit: number): Promise<AccountFacts[]> {
    const rows = await this.sql.rows<FactsRow>(
      `SELECT ${FACT_COLUMNS} FROM users WHERE ${text} AND deleted_at IS NULL ORDER BY id LIMIT :limit`,
      { ...parameters, limit },
    );
    return rows.map(readFacts);
  }

  /** Administrators are few, so they are found as such; then a status is rarer than being none. */
  private conditionsOf({ query, status, isAdmin }: AccountFilter): (Condition | undefined)[] {
    const named = query === undefined ? undefined : this.named(query);
    if (isAdmin) return [BY_INDEX.isAdmin(true), status && BY_LOOKING.status(status), named];
    if (status) return [BY_INDEX.status(status), isAdmin === false ? BY_LOOKING.isAdmin(false) : undefined, named];
    return [isAdmin === false ? BY_INDEX.isAdmin(false) : undefined, named];
  }

  private named(query: string): Condition {
    const exactId = readAccountId(query) ?? 0;
    if (isNamePart(query)) {
      const { text, parameters } = hasNamePart(this.sql, partOf(query));
      return condition(`(id = :exactId OR ${text})`, { exactId, ...parameters });
    }
    const ranges = rangesOf(query);
    const inRange = (column: NameColumn): Condition => {
      const { from, before } = ranges[column];
      const name = `COALESCE(${column}, '')${this.sql.isPostgres ? ' COLLATE "C"' : ''}`;
      return allOf(
        condition(`${name} >= :from_${column}`, { [`from_${column}`]: from }),
        before === undefined ? undefined : condition(`${name} < :before_${column}`, { [`before_${column}`]: before }),
      );
    };
    const [username, email] = [inRange('username_key'), inRange('email_key')];
    return condition(`(id = :exactId OR (${username.text}) OR (${email.text}))`, {
      exactId,
      ...username.parameters,
      ...email.parameters,
    });
  }
}
