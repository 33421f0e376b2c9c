import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { type AccountSession, AllSessions, type AllSessionsPage } from '../../tokens/all-sessions.js';
import { type SessionFilter, SessionList } from '../../tokens/session-list.js';
import type { SessionsAsked } from '../account/account-sessions.service.js';
import { IdleTimes } from '../doors.js';
import type { Operator } from './operator.js';

/** Which sessions an operator asks for. */
export interface SessionsMeant extends SessionFilter {
  readonly accountId?: number | undefined;
}

/** Lists the live sessions of all accounts for operators, and records that it did. */
@Injectable()
export class SessionOverviewService {
  constructor(
    private readonly list: SessionList,
    private readonly all: AllSessions,
    private readonly idleTimes: IdleTimes,
    private readonly audit: AuditLog,
  ) {}

  /** The newest first. */
  async page(by: Operator, meant: SessionsMeant, asked: SessionsAsked): Promise<AllSessionsPage> {
    const { accountId, ...filter } = meant;
    const page = await (accountId === undefined
      ? this.all.page(filter, asked.limit, asked.after, this.idleTimes.all)
      : this.ofAccount(accountId, filter, asked));
    const shown = Object.entries(filter).filter(([, value]) => value !== undefined);
    this.audit.record({
      ...by,
      kind: 'sessions_listed',
      ...(accountId !== undefined && { accountId }),
      ...(shown.length > 0 && { detail: Object.fromEntries(shown) }),
    });
    return page;
  }

  private async ofAccount(
    accountId: number,
    filter: SessionFilter,
    { limit, after }: SessionsAsked,
  ): Promise<AllSessionsPage> {
    // One more than asked for tells whether there is another page.
    const found = await this.list.page(accountId, limit + 1, after, this.idleTimes.all, filter);
    const sessions = found.slice(0, limit).map((session): AccountSession => ({ ...session, accountId }));
    return { sessions, next: found.length > limit ? sessions.at(-1) : undefined };
  }
}
