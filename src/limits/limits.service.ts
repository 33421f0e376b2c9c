import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { type Budget, Budgets, type Spending } from './budgets.js';
import { KnownNetworks } from './known-networks.js';
import { networkOf } from './network.js';

/** Whose password is tried: an account, or a name in its canonical form that belongs to none. */
export type Target = { readonly accountId: number } | { readonly name: string };

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
   * Counts a try of a password, before it is compared; give it back if the password was right. From a network that it
   * signed in from lately, an account has a budget of its own: strangers' guesses from elsewhere never lock it out there.
   * @throws {AuthError} `too_many_attempts`
   */
  async passwordTry(target: Target, ip: string): Promise<Spending> {
    if (!this.config.LIMITS) return this.budgets.spend([]);
    const network = networkOf(ip);
    const whose = 'accountId' in target ? String(target.accountId) : `"${this.hash(target.name)}"`;
    const budgets: Budget[] = [
      { name: 'sign-in-network', of: network, quota: this.config.SIGN_IN_LIMIT_NETWORK },
      { name: 'sign-in', of: `${whose} ${network}`, quota: this.config.SIGN_IN_LIMIT },
    ];
    if (!('accountId' in target && (await this.networks.knows(target.accountId, network))))
      budgets.push({ name: 'sign-in-account', of: whose, quota: this.config.SIGN_IN_LIMIT_ACCOUNT });
    return this.budgets.spend(budgets);
  }

  /** Counts a registration. @throws {AuthError} `too_many_attempts` */
  async registration(ip: string): Promise<Spending> {
    return this.perNetwork('registration', ip, this.config.REGISTRATION_LIMIT);
  }

  /** Counts a request for a mail by somebody who did not sign in. @throws {AuthError} `too_many_attempts` */
  async mailRequest(ip: string): Promise<Spending> {
    return this.perNetwork('mail', ip, this.config.MAIL_REQUEST_LIMIT);
  }

  private async perNetwork(name: string, ip: string, quota: Budget['quota']): Promise<Spending> {
    return this.budgets.spend(this.config.LIMITS ? [{ name, of: networkOf(ip), quota }] : []);
  }

  /** People type passwords into the wrong field: the store keeps no name that belongs to nobody. */
  private hash(name: string): string {
    return createHmac('sha256', this.nameKey).update(name).digest('base64url');
  }
}
