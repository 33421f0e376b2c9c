import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import type { Quota } from '../config/setting.js';
import { AuthError } from '../errors/auth-error.js';
import { networksOf } from '../network/networks.js';
import { ActBudgets, type Target, type TriedName } from './act-budgets.js';
import type { Budget } from './budget-store.js';
import { Budgets, type Spending } from './budgets.js';
import { KnownNetworks } from './known-networks.js';
import { perNetwork } from './levels.js';

/** How a try ended. */
export interface TryOutcome {
  readonly isRight: boolean;
  /** True if it was the last failure in a row that networks may make which the account does not know. */
  readonly wasLast: boolean;
}

/** No account's id. */
const NOBODY = 0;

/** Counts attempts against budgets that all doors share. */
@Injectable()
export class LimitsService {
  constructor(
    private readonly budgets: Budgets,
    private readonly acts: ActBudgets,
    private readonly networks: KnownNetworks,
    private readonly config: Config,
  ) {}

  /**
   * Makes a try of a password, counted before it is compared: under the name, whether an account has it or not.
   * @param isRight compares, told whether the account knows the network; to try a name of nobody must look the same
   * @param further `asHashing` if the try also counts among the acts that hash of somebody who is signed in
   * @throws {AuthError} `too_many_attempts`, and whatever the comparison throws
   */
  async passwordTry(
    target: Target,
    ip: string | undefined,
    isRight: (isKnown: boolean) => Promise<boolean>,
    { asHashing = false, beforeWaiting }: { readonly asHashing?: boolean; readonly beforeWaiting?: () => void } = {},
  ): Promise<TryOutcome> {
    if (!this.config.LIMITS) return { isRight: await isRight(false), wasLast: false };
    const from = networksOf(ip);
    const accountId = target.accountId ?? NOBODY;
    // Asked for names that belong to nobody too, so that both take alike.
    const known = await this.networks.of(accountId, from);
    const budgets = this.acts.ofPassword(target, from, known);
    if (asHashing) budgets.push(...this.acts.ofHashing(accountId, ip));
    const outcome = await this.attempt(budgets, () => isRight(known.address || known.network), beforeWaiting);
    if (outcome.isRight) await this.budgets.clear(this.acts.inARow(target));
    return outcome;
  }

  /**
   * Makes a try of a PIN, an act that hashes. From networks that the account does not know, only so many in a row may fail.
   * @throws {AuthError} `too_many_attempts`, and whatever the comparison throws
   */
  async pinTry(
    accountId: number,
    ip: string | undefined,
    isRight: (isKnown: boolean) => Promise<boolean>,
  ): Promise<TryOutcome> {
    if (!this.config.LIMITS) return { isRight: await isRight(false), wasLast: false };
    const known = await this.networks.of(accountId, networksOf(ip));
    const isKnown = known.address || known.network;
    const inARow = this.acts.ofPinsInARow(accountId);
    const budgets = [...(isKnown ? [] : [inARow]), ...this.acts.ofHashing(accountId, ip)];
    const outcome = await this.attempt(budgets, () => isRight(isKnown));
    if (outcome.isRight) await this.budgets.clear([inARow]);
    return outcome;
  }

  /** Lets an owner who proved the account's address begin anew: what others did before does not count, at this address. */
  async beginAnew(accountId: number, names: readonly TriedName[], ip: string | undefined): Promise<void> {
    await this.budgets.clear(this.acts.ofOwner(accountId, names, networksOf(ip)));
  }

  /** Makes all budgets of an account whole, whoever spent them, and those of the networks that it signed in from lately. */
  async clearAll(accountId: number, names: readonly TriedName[]): Promise<void> {
    const networks = await this.networks.addressesOf(accountId);
    await this.budgets.clear(this.acts.ofAccount(accountId, names, networks));
    await this.budgets.clearBehind(this.acts.underNames(names));
  }

  /** Counts a mail to an account that an operator asks for. @throws {AuthError} `too_many_attempts` */
  async mailByHelpDesk(accountId: number): Promise<void> {
    await this.spend([this.acts.ofHelpDeskMail(accountId)]);
  }

  /** Forgets the wrong PINs in a row. */
  async forgetPinFailures(accountId: number): Promise<void> {
    await this.budgets.clear([this.acts.ofPinsInARow(accountId)]);
  }

  /** Counts an act of somebody who is signed in that hashes a password or PIN. @throws {AuthError} `too_many_attempts` */
  async hashing(accountId: number, ip: string | undefined): Promise<void> {
    await this.spend(this.acts.ofHashing(accountId, ip));
  }

  /** Counts the use of a link to a new password. @throws {AuthError} `too_many_attempts` */
  async hashingByLink(accountId: number, ip: string | undefined): Promise<void> {
    await this.spend(this.acts.ofHashingByLink(accountId, ip));
  }

  /** Counts a refusal of a service client. @throws {AuthError} `too_many_attempts` */
  async clientRefusal(ip: string | undefined): Promise<void> {
    await this.spendPerNetwork('client', ip, this.config.CLIENT_LIMIT);
  }

  /** Counts a registration. @throws {AuthError} `too_many_attempts` */
  async registration(ip: string | undefined): Promise<Spending> {
    return this.spendPerNetwork('registration', ip, this.config.REGISTRATION_LIMIT);
  }

  /** Counts a request for a mail by somebody who did not sign in. @throws {AuthError} `too_many_attempts` */
  async mailRequest(ip: string | undefined): Promise<Spending> {
    return this.spend(this.acts.ofMailRequest(ip));
  }

  /** Counts a mail to an address that the account asks for. Answers false if the address had one within `MAIL_QUIET`. */
  async isFirstMailTo(address: string): Promise<boolean> {
    return this.config.MAIL_QUIET === 0 || this.isWithin(() => this.spend([this.acts.ofMailTo(address)]));
  }

  /** Counts a mail with a link to an address that nobody has proved. Answers whether it may be sent at once. */
  async isMailedAtOnce(address: string): Promise<boolean> {
    return this.isWithin(() => this.spend([this.acts.ofFirstLinks(address)]));
  }

  private async isWithin(spending: () => Promise<unknown>): Promise<boolean> {
    try {
      await spending();
      return true;
    } catch (error) {
      if (error instanceof AuthError) return false;
      throw error;
    }
  }

  private async attempt(
    budgets: readonly Budget[],
    isRight: () => Promise<boolean>,
    beforeWaiting?: () => void,
  ): Promise<TryOutcome> {
    const { succeeded, spent } = await this.budgets.attempt(budgets, isRight, beforeWaiting);
    return { isRight: succeeded, wasLast: spent.some(({ inARow }) => inARow) };
  }

  private spendPerNetwork(name: string, ip: string | undefined, quota: Quota): Promise<Spending> {
    return this.spend(perNetwork(name, ip, quota));
  }

  private async spend(budgets: readonly Budget[]): Promise<Spending> {
    return this.budgets.spend(this.config.LIMITS ? budgets : []);
  }
}
