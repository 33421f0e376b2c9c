import { Injectable } from '@nestjs/common';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { CLAIMS_AT_ONCE, EmailsStore } from '../../users/emails.store.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** Accounts that the trail names of those whose claims a proof ended. */
const NAMED = 20;

/** What the trail says of the claims that a proof ended. */
export type EndedClaims = {
  readonly claims_ended: number;
  readonly claimed_by: readonly number[];
};

/** Takes an address that an account has proved from all others that claim it. */
@Injectable()
export class EmailProofs {
  constructor(
    private readonly emails: EmailsStore,
    private readonly revocation: RevocationService,
    private readonly tokens: OneTimeTokensService,
  ) {}

  /**
   * Ends the other claims and their links, and removes the pending accounts that made them. A claim that a crash leaves is
   * harmless: an address that is proved opens no other account, and its links are dead.
   */
  async endOtherClaims(provedBy: number, email: string): Promise<EndedClaims | undefined> {
    const ended = await this.revocation.deleteClaimants(provedBy, email);
    let released: number[];
    do {
      released = await this.emails.release(provedBy, email);
      for (const id of released) await this.tokens.endAll(id, 'account_changed', 'verify_email', 'reset_password');
      ended.push(...released);
    } while (released.length === CLAIMS_AT_ONCE);
    return ended.length === 0 ? undefined : { claims_ended: ended.length, claimed_by: ended.slice(0, NAMED) };
  }
}
