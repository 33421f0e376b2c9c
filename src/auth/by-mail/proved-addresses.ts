import { Injectable } from '@nestjs/common';
import type { Origin } from '../../audit/audit-entry.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { EmailsStore, type Proof } from '../../users/emails.store.js';
import { isKeyOf } from '../../users/canonical.js';
import type { User } from '../../users/user.entity.js';
import { EmailProofs, type EndedClaims } from './email-proofs.service.js';
import { Notices } from './notices.js';

/** What came of a proof. */
export interface Given {
  readonly ended: EndedClaims | undefined;
}

/** Gives accounts addresses that were proved to be their owners', by a link or to an operator. */
@Injectable()
export class ProvedAddresses {
  constructor(
    private readonly emails: EmailsStore,
    private readonly proofs: EmailProofs,
    private readonly tokens: OneTimeTokensService,
    private readonly notices: Notices,
  ) {}

  /**
   * Gives an account an address and takes it from all others that claim it. If the account had another address, that
   * one is notified and its links end. `undefined` if another account has proved the address, or this one is closed.
   * @param before the account as it was
   */
  async give(before: User, email: string, from: Origin, proof: Proof = {}): Promise<Given | undefined> {
    if (!(await this.emails.replace(before.id, email, proof))) return undefined;
    const ended = await this.proofs.endOtherClaims(before.id, email);
    if (isKeyOf('email', before.emailKey, email)) {
      await this.tokens.endAll(before.id, 'address_confirmed', 'change_email', 'verify_email');
    } else {
      await this.tokens.endAll(before.id, 'address_changed', 'change_email', 'verify_email', 'reset_password');
      await this.notices.emailChanged(before, from);
    }
    return { ended };
  }
}
