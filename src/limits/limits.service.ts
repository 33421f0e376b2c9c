import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import type { Budget } from './budget-store.js';
import { Budgets, type Spending } from './budgets.js';
import { KnownNetworks } from './known-networks.js';
import { networkOf } from './network.js';

/** Whose password is tried: an account, or a name in its canonical form that belongs to none. */
export type Target = { readonly accountId: number } | { readonly name: string };

/** No account's id. */
const NOBODY = 0;

/** The budgets of attempts, which all doors share. What is refused costs no budget anything. */
@Injectable()
export class LimitsService {
  private readonly nameKey: Buffer;

  constructor(
    private readonly budgets: Budgets,
    private readonly networks: KnownNetworks,
    private readonly config: Config,
    secret: ServiceSecret,
  ) {
    this.nameKey = secret.derive('names in limits');
  }

  /**
   * Makes a try of a password, counted before it is compared and given back if the password was right or could not be
   * compared. From a network that it signed in from lately, an account has a budget of its own: strangers' guesses from
   * elsewhere never lock it out there.
   * @param isRight compares; to try a name that belongs to nobody must look the same
   * @throws {AuthError} `too_many_attempts`, and whatever the comparison throws
   */
  async passwordTry(target: Target, ip: string | undefined, isRight: () => Promise<boolean>): Promise<boolean> {
    if (!this.config.LIMITS) return isRight();
    const network = networkOf(ip);
    const whose = 'accountId' in target ? String(target.accountId) : `"${this.hash(target.name)}"`;
    const budgets: Budget[] = [
      { name: 'sign-in-network', of: network, quota: this.config.SIGN_IN_LIMIT_NETWORK },
      { name: 'sign-in', of: `${whose} ${network}`, quota: this.config.SIGN_IN_LIMIT },
    ];
    // Asked for names that belong to nobody too, so that both take alike.
    const isKnown = await this.networks.knows('accountId' in target ? target.accountId : NOBODY, network);
    if (!isKnown) budgets.push({ name: 'sign-in-account', of: whose, quota: this.config.SIGN_IN_LIMIT_ACCOUNT });
    return this.budgets.attempt(budgets, isRight);
  }

  /** Counts a registration. @throws {AuthError} `too_many_attempts` */
  async registration(ip: string | undefined): Promise<Spending> {
    return this.perNetwork('registration', ip, this.config.REGISTRATION_LIMIT);
  }

  /** Counts a request for a mail by somebody who did not sign in. @throws {AuthError} `too_many_attempts` */
  async mailRequest(ip: string | undefined): Promise<Spending> {
    return this.perNetwork('mail', ip, this.config.MAIL_REQUEST_LIMIT);
  }

  /** Counts a mail to an address that is not the asking account's own yet. @throws {AuthError} `too_many_attempts` */
  async mailTo(address: string): Promise<void> {
    if (!this.config.LIMITS || this.config.MAIL_QUIET === 0) return;
    const quota = { points: 1, seconds: this.config.MAIL_QUIET };
    await this.budgets.spend([{ name: 'mail-address', of: this.hash(address), quota }]);
  }

  private async perNetwork(name: string, ip: string | undefined, quota: Budget['quota']): Promise<Spending> {
    return this.budgets.spend(this.config.LIMITS ? [{ name, of: networkOf(ip), quota }] : []);
  }

  /** People type passwords into the wrong field: the store keeps no name that belongs to nobody. */
  private hash(name: string): string {
    return createHmac('sha256', this.nameKey).update(name).digest('base64url');
  }
}
