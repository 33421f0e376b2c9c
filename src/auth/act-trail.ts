import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import { AuthError } from '../errors/auth-error.js';
import { NativeError } from '../errors/native-error.js';
import { type Operator, operatorOf } from './administration/operator.js';
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
    principal: Principal,
    act: Act,
    run: () => Promise<T>,
    made?: (result: T) => Partial<Act>,
  ): Promise<T> {
    return this.recordedBy(operatorOf(principal), { accountId: principal.accountId, ...act }, run, made);
  }

  /** As `recorded`, for whoever acts on accounts of others. */
  async recordedBy<T>(
    by: Operator,
    act: Act,
    run: () => Promise<T>,
    made: (result: T) => Partial<Act> = () => ({}),
  ): Promise<T> {
    const entry = { ...by, ...act };
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
