import { Injectable } from '@nestjs/common';
import { NativeError } from '../../errors/native-error.js';
import { type ListedSession, SessionList, type SessionPlace } from '../../tokens/session-list.js';
import type { Principal } from '../door.js';
import { IdleTimes } from '../doors.js';
import { SessionEndingService } from '../sessions/session-ending.service.js';

/** The form of a session's id. PostgreSQL fails on a comparison with any other text. */
const SESSION_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether a text has the form of a session's id, in the one spelling that is ours. */
export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

/** Which page of an account's sessions is asked for. */
export interface SessionsAsked {
  readonly limit: number;
  /** The place after which it begins; none for the first page. */
  readonly after: SessionPlace | undefined;
}

/** A page of an account's sessions. */
export interface SessionPage {
  readonly sessions: readonly ListedSession[];
  /** Where the next page begins, if there is one. */
  readonly next: SessionPlace | undefined;
}

/** Shows people their sessions, and ends those that they name. */
@Injectable()
export class AccountSessionsService {
  constructor(
    private readonly list: SessionList,
    private readonly endings: SessionEndingService,
    private readonly idleTimes: IdleTimes,
  ) {}

  /** The live sessions of an account, the newest first. */
  async page({ accountId }: Pick<Principal, 'accountId'>, { limit, after }: SessionsAsked): Promise<SessionPage> {
    // One more than asked for tells whether there is another page.
    const found = await this.list.page(accountId, limit + 1, after, this.idleTimes.all);
    const sessions = found.slice(0, limit);
    return { sessions, next: found.length > limit ? sessions.at(-1) : undefined };
  }

  /**
   * Ends one session of the account that asks.
   * @param id the session's, or `current` for the one that asks
   * @throws {NativeError} `session_not_found` if it is another's, has ended or never was
   */
  async end(principal: Principal, id: string): Promise<void> {
    const sessionId = id === 'current' ? principal.sessionId : id;
    const ended = isSessionId(sessionId) && (await this.endings.end(principal, sessionId));
    if (!ended) throw new NativeError('session_not_found');
  }

  /** Ends every session of the account but the one that asks. */
  async endOthers(principal: Principal): Promise<void> {
    await this.endings.endOthers(principal);
  }
}
