import { Injectable } from '@nestjs/common';
import type { Origin } from '../../audit/audit-entry.js';
import { Config } from '../../config/env.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { EmailsStore } from '../../users/emails.store.js';
import type { User } from '../../users/user.entity.js';
import { Notices } from './notices.js';

/** What came of a proof. */
export interface Given {
  /** The account that merely claimed the address, and lost it. */
  readonly claimedBy: number | undefined;
}

/** Gives accounts addresses that were proved to be their owners', by a link or to an operator. */
@Injectable()
export class ProvedAddresses {
  constructor(
    private readonly emails: EmailsStore,
    private readonly tokens: OneTimeTokensService,
    private readonly notices: Notices,
    private readonly config: Config,
  ) {}

  /**
   * Takes the address from an account that only claims it, gives it to another, ends that one's links and tells the
   * address of before. `undefined` if another account has proved it, or this one is closed.
   * @param before the account as it was
   * @param evenIfClosed true if a deactivated account may have it too, and stays deactivated
   */
  async give(before: User, email: string, from: Origin, evenIfClosed = false): Promise<Given | undefined> {
    const claimedBy = this.config.EMAIL_VERIFICATION ? await this.emails.release(email, before.id) : undefined;
    if (!(await this.emails.replace(before.id, email, evenIfClosed))) return undefined;
    await this.tokens.endAll(before.id, 'address_changed', 'change_email', 'verify_email', 'reset_password');
    await this.notices.emailChanged(before, from);
    return { claimedBy };
  }
}
