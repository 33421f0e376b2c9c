import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { AuditLog } from '../../audit/audit-log.js';
import { AuthError } from '../../errors/auth-error.js';
import { NativeError } from '../../errors/native-error.js';
import type { Principal } from '../door.js';

/** What an administrator does, and to whom. */
type Deed = Pick<AuditEntry, 'kind' | 'accountId' | 'sessionId' | 'identifier' | 'detail'>;

/** Records what administrators do, and what they were refused. */
@Injectable()
export class AdministrationTrail {
  constructor(private readonly audit: AuditLog) {}

  /**
   * Does it, and records that it was done or why it was refused.
   * @param made what else is known once it is done
   */
  async recorded<T>(
    { accountId: actorId, sessionId, client: from }: Principal,
    deed: Deed,
    act: () => Promise<T>,
    made: (result: T) => Partial<Deed> = () => ({}),
  ): Promise<T> {
    const entry = { from, actorId, sessionId, ...deed };
    try {
      const result = await act();
      this.audit.record({ ...entry, ...made(result) });
      return result;
    } catch (error) {
      if (error instanceof AuthError || error instanceof NativeError)
        this.audit.record({ ...entry, refusal: error.code });
      throw error;
    }
  }
}
