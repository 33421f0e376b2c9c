import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { type Networks, networksOf } from '../network/networks.js';
import type { Budget, BudgetKey } from './budget-store.js';
import type { Quota } from '../config/setting.js';
import type { Known } from './known-networks.js';
import { lasting, LEVELS, levelsOf, times } from './levels.js';

/** A name of an account. One account's username may be another's e-mail address, so the two kinds have budgets of their own. */
export interface TriedName {
  readonly kind: 'username' | 'email';
  /** In its canonical form. */
  readonly name: string;
}

/** Whose password is tried: the name as it was tried, and the account that has it. */
export interface Target extends TriedName {
  readonly accountId?: number | undefined;
  /** True if the account may have a reset link mailed. */
  readonly hasProvedEmail?: boolean | undefined;
}

/** The same for the name of an account that knows the /64 or /24, at an address that it does not know. */
const OF_HOME = 6;

/** Mails with links to an address that nobody has proved, sent at once. */
const FIRST_LINKS = { points: 3, seconds: 600 };

const IN_A_ROW = { name: 'sign-in-row', inARow: true } as const;
const PER_ACCOUNT = { name: 'sign-in-account' } as const;

/** Mails that operators may send to one account, against slips and runaway scripts. */
const HELP_DESK_MAILS: Quota = { points: 10, seconds: 3600 };

/** The budgets of networks that one who fails to sign in may spend. */
const OF_NETWORKS = ['sign-in', 'sign-ins', 'hashing', 'hashing-link'];

const PIN_ROW = { name: 'pin-row', inARow: true } as const;

/** The budgets that acts are counted against. */
@Injectable()
export class ActBudgets {
  private readonly nameKey: Buffer;

  constructor(
    private readonly config: Config,
    secret: ServiceSecret,
  ) {
    this.nameKey = secret.derive('names in limits');
  }

  /** The budgets of a try of a password from somewhere. */
  ofPassword(target: Target, from: Networks, known: Known): Budget[] {
    const name = this.hashName(target);
    const account = target.accountId === undefined ? `"${name}"` : String(target.accountId);
    const isKnown = known.address || known.network;
    return [
      ...this.ofFailures(name, from, known),
      ...(isKnown ? [] : [this.ofStrangers(target, name, known.any)]),
      ...this.ofSuccess(account, from),
    ];
  }

  /** Wrong PINs in a row, from networks that the account does not know. */
  ofPinsInARow(accountId: number): Budget {
    return { ...PIN_ROW, of: String(accountId), quota: this.config.SIGN_IN_LIMIT_IN_A_ROW };
  }

  /** The budgets of acts that hash of somebody who is signed in. */
  ofHashing(accountId: number, ip: string | undefined): Budget[] {
    const ofAccount = { name: 'hashing', of: String(accountId), quota: this.config.HASH_LIMIT };
    const budgets = [ofAccount, ...lasting('hashing', networksOf(ip), this.config.HASH_LIMIT_NETWORK)];
    return budgets.map((budget) => ({ ...budget, spentBy: 'either' }));
  }

  /** The same for the use of a link to a new password, which no session can spend. */
  ofHashingByLink(accountId: number, ip: string | undefined): Budget[] {
    const ofAccount = { name: 'hashing-link', of: String(accountId), quota: this.config.HASH_LIMIT };
    return [ofAccount, ...lasting('hashing-link', networksOf(ip), this.config.HASH_LIMIT_NETWORK)];
  }

  /** The budgets of requests for mails by somebody who is not signed in. */
  ofMailRequest(ip: string | undefined): Budget[] {
    const from = networksOf(ip);
    return levelsOf(LEVELS, from).map(({ level, ofAll }) => ({
      name: `mail-from-${level}`,
      of: from[level],
      quota: times(this.config.MAIL_REQUEST_LIMIT, ofAll),
    }));
  }

  /** The budget of mails to an address that is not the asking account's own yet. */
  ofMailTo(address: string): Budget {
    return { name: 'mail-address', of: this.hash(address), quota: { points: 1, seconds: this.config.MAIL_QUIET } };
  }

  /** The budget of mails to an account that operators ask for. */
  ofHelpDeskMail(accountId: number): Budget {
    return { name: 'mail-help-desk', of: String(accountId), quota: HELP_DESK_MAILS };
  }

  /** The budget of links that are mailed to an address for new accounts, each at once. */
  ofFirstLinks(address: string): Budget {
    return { name: 'first-links', of: this.hash(address), quota: FIRST_LINKS };
  }

  /** The budgets of failures under a name that do not depend on where it was tried from. */
  inARow(name: TriedName): BudgetKey[] {
    return failuresUnder(this.hashName(name));
  }

  /** What others may have spent of an owner who proved the account's address from somewhere. */
  ofOwner(accountId: number, names: readonly TriedName[], from: Networks): BudgetKey[] {
    const underName = (of: string): BudgetKey[] => [
      ...failuresUnder(of),
      ...LEVELS.map(({ level }) => ({ name: `sign-in-name-${level}`, of: `${of} ${from[level]}` })),
    ];
    return [...ofAccount(accountId), ...names.flatMap((name) => underName(this.hashName(name)))];
  }

  /** What anybody may have spent of an account's budgets, but for `underNames`, and its own networks of theirs. */
  ofAccount(accountId: number, names: readonly TriedName[], networks: readonly Networks[]): BudgetKey[] {
    const ofNetworks = networks.flatMap((from) =>
      LEVELS.flatMap(({ level }) => OF_NETWORKS.map((name) => ({ name: `${name}-${level}`, of: from[level] }))),
    );
    return [
      ...ofAccount(accountId),
      { name: 'hashing-link', of: String(accountId) },
      ...names.flatMap((name) => failuresUnder(this.hashName(name))),
      ...ofNetworks,
    ];
  }

  /** The budgets of failures under names, of any address or network behind each. */
  underNames(names: readonly TriedName[]): BudgetKey[] {
    return names.flatMap((name) =>
      LEVELS.map(({ level }) => ({ name: `sign-in-name-${level}`, of: this.hashName(name) })),
    );
  }

  /**
   * The budgets of failures. At an address that the account knows, only those of the address count; elsewhere in a network
   * that it knows, those of its name in that network too, which one neighbour cannot spend.
   */
  private ofFailures(name: string, from: Networks, known: Known): Budget[] {
    const count = known.address ? 1 : known.network ? 2 : LEVELS.length;
    const levels = levelsOf(LEVELS, from).slice(0, count);
    return levels.flatMap(({ level, ofName, ofAll }) => {
      const isHome = known.network && level === 'network';
      const of = from[level];
      return [
        ...(isHome ? [] : [{ name: `sign-in-${level}`, of, quota: times(this.config.SIGN_IN_LIMIT_NETWORK, ofAll) }]),
        {
          name: `sign-in-name-${level}`,
          of: `${name} ${of}`,
          quota: times(this.config.SIGN_IN_LIMIT, isHome ? OF_HOME : ofName),
        },
      ];
    });
  }

  /**
   * The budget of networks that the account does not know. One that no link can let in again has an hourly budget instead;
   * of names that belong to nobody, half have, so that neither tells who exists.
   */
  private ofStrangers({ accountId, hasProvedEmail }: Target, name: string, hasKnown: boolean): Budget {
    const isHourly = accountId === undefined ? name.charCodeAt(0) % 2 === 0 : !hasKnown && !hasProvedEmail;
    return isHourly
      ? { ...PER_ACCOUNT, of: name, quota: this.config.SIGN_IN_LIMIT_ACCOUNT }
      : { ...IN_A_ROW, of: name, quota: this.config.SIGN_IN_LIMIT_IN_A_ROW };
  }

  private ofSuccess(account: string, from: Networks): Budget[] {
    const { SIGN_INS_PER_HOUR, SIGN_INS_PER_DAY, SIGN_INS_NETWORK } = this.config;
    return [
      { name: 'sign-ins-hour', of: account, quota: SIGN_INS_PER_HOUR },
      { name: 'sign-ins-day', of: account, quota: SIGN_INS_PER_DAY },
      ...lasting('sign-ins', from, SIGN_INS_NETWORK),
    ].map((budget) => ({ ...budget, spentBy: 'success' }));
  }

  private hashName({ kind, name }: TriedName): string {
    return this.hash(`${kind} ${name}`);
  }

  /** People type passwords into the wrong field: the store keeps no name. */
  private hash(name: string): string {
    return createHmac('sha256', this.nameKey).update(name).digest('base64url');
  }
}

function ofAccount(accountId: number): BudgetKey[] {
  return ['hashing', 'sign-ins-hour', 'sign-ins-day', PIN_ROW.name].map((name) => ({ name, of: String(accountId) }));
}

function failuresUnder(of: string): BudgetKey[] {
  return [IN_A_ROW, PER_ACCOUNT].map(({ name }) => ({ name, of }));
}
