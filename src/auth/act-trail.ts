import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import { AuthError } from '../errors/auth-error.js';
import { NativeError } from '../errors/native-error.js';
import type { Principal } from './door.js';

/** What somebody does; to his own account, unless another is named. */
type Act = Pick<AuditEntry, 'kind' | 'accountId' | 'sessionId' | 'identifier' | 'detail'>;

/** Records what people and administrators do, and what they were refused. */
@Injectable()
export class ActTrail {
  constructor(private readonly audit: AuditLog) {}

  /**
   * Does it, and records that it was done or why it was refused.
   * @param made what else is known once it is done
   */
  async recorded<T>(
    { accountId, sessionId, client: from }: Principal,
    act: Act,
    run: () => Promise<T>,
    made: (result: T) => Partial<Act> = () => ({}),
  ): Promise<T> {
    const entry = { from, accountId, actorId: accountId, sessionId, ...act };
    try {
      const result = await run();
      this.audit.record({ ...entry, ...made(result) });
      return result;
    } catch (error) {
      if (error instanceof AuthError || error instanceof NativeError)
        this.audit.record({ ...entry, refusal: error.code });
      throw error;
    }
  }
}
