import { Injectable } from '@nestjs/common';
import { ActTrail } from '../act-trail.js';
import type { Principal } from '../door.js';
import { OwnerCheck } from './owner-check.service.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** Erases accounts for their owners. What the audit trail keeps of one is its id. */
@Injectable()
export class AccountErasureService {
  constructor(
    private readonly ownerCheck: OwnerCheck,
    private readonly revocation: RevocationService,
    private readonly trail: ActTrail,
  ) {}

  /**
   * Erases the account that asks, and ends every session of it.
   * @throws {AuthError} why the password does not count
   * @throws {NativeError} `last_admin`
   */
  async erase(principal: Principal, password: string): Promise<void> {
    await this.trail.recorded(principal, { kind: 'account_erased' }, () => this.eraseOwned(principal, password));
  }

  private async eraseOwned(principal: Principal, password: string): Promise<void> {
    const { id, passwordHash } = await this.ownerCheck.demand(principal, password);
    // The hash that was checked is gone. A rehash leaves the password right; a change or another end does not.
    if (!(await this.revocation.deleteOwned(id, passwordHash))) return this.eraseOwned(principal, password);
  }
}
