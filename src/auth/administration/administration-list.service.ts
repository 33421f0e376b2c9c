import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import type { AccountFilter } from '../../users/account-filter.js';
import { AccountList, type AccountPage } from '../../users/account-list.js';
import { AccountSearch, type NamePlace } from '../../users/account-search.js';
import { canonical } from '../../users/canonical.js';
import { NamePartSearch } from '../../users/name-part-search.js';
import type { Operator } from './operator.js';

/** Which page of the list of accounts is asked for: in the order of ids, or of the names that begin with a short text. */
export type UsersAsked = { readonly limit: number } & (
  | { readonly kind: 'by id'; readonly filter: AccountFilter; readonly after: number | undefined }
  | {
      readonly kind: 'by part';
      readonly filter: AccountFilter & { readonly query: string };
      readonly after: number | undefined;
    }
  | {
      readonly kind: 'by name';
      readonly filter: AccountFilter & { readonly query: string };
      readonly after: NamePlace | undefined;
    }
);

/** A page of the list. */
export type UsersPage = AccountPage<number | NamePlace>;

/** Lists accounts for administrators. */
@Injectable()
export class AdministrationListService {
  constructor(
    private readonly list: AccountList,
    private readonly search: AccountSearch,
    private readonly parts: NamePartSearch,
    private readonly audit: AuditLog,
  ) {}

  /** A page; a search is in the trail, which keeps no name but as an HMAC. */
  async page(by: Operator, asked: UsersAsked): Promise<UsersPage> {
    const page = await this.read(asked);
    const { query, status, isAdmin } = asked.filter;
    if (query === undefined) return page;
    const detail = { ...(status && { status }), ...(isAdmin !== undefined && { is_admin: isAdmin }) };
    this.audit.record({
      ...by,
      kind: 'accounts_searched',
      identifier: canonical('username', query),
      ...(Object.keys(detail).length > 0 && { detail }),
    });
    return page;
  }

  private async read(asked: UsersAsked): Promise<UsersPage> {
    if (asked.kind === 'by id') return this.list.page(asked.filter, asked.limit, asked.after);
    if (asked.kind === 'by part') return this.parts.page(asked.filter, asked.limit, asked.after);
    return this.search.page(asked.filter, asked.limit, asked.after);
  }
}
