import { Injectable } from '@nestjs/common';
import type { AccountFilter } from '../../users/account-filter.js';
import { AccountList, type AccountPage } from '../../users/account-list.js';
import { AccountSearch, type NamePlace } from '../../users/account-search.js';

/** Which page of the list of accounts is asked for: in the order of ids, or of the names that are searched. */
export type UsersAsked = { readonly limit: number } & (
  | { readonly kind: 'by id'; readonly filter: AccountFilter; readonly after: number | undefined }
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
  ) {}

  async page(asked: UsersAsked): Promise<UsersPage> {
    return asked.kind === 'by id'
      ? this.list.page(asked.filter, asked.limit, asked.after)
      : this.search.page(asked.filter, asked.limit, asked.after);
  }
}
