import { Injectable } from '@nestjs/common';
import { Config } from '../../config/env.js';
import type { LinkFate } from '../../errors/link-fate.js';
import type { OneTimePurpose } from '../../tokens/one-time-token.entity.js';
import { type NewLink, OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { canonical, isKeyOf } from '../../users/canonical.js';
import { EmailsStore } from '../../users/emails.store.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { EmailLink } from './link-password.service.js';
import type { ClaimLink } from './link-mails.js';

/** Where a link leads, and how long it works. */
const LINKS: Readonly<Record<OneTimePurpose, { readonly path: string; readonly lifetimeSeconds: number }>> = {
  verify_email: { path: 'verify', lifetimeSeconds: 24 * 60 * 60 },
  change_email: { path: 'verify', lifetimeSeconds: 24 * 60 * 60 },
  reset_password: { path: 'password-reset', lifetimeSeconds: 60 * 60 },
};

/** An account that claims an address, and the mail that is to have its link. */
export interface MailedClaim {
  readonly user: User;
  readonly mailId: string;
}

/** Makes the links that are mailed to accounts, and knows whose they are. */
@Injectable()
export class MailedLinks {
  constructor(
    private readonly users: UsersService,
    private readonly emails: EmailsStore,
    private readonly tokens: OneTimeTokensService,
    private readonly config: Config,
  ) {}

  /** A new link as it is mailed, in ASCII, whatever the host; or `undefined` where none may be issued. */
  async issue(link: Omit<NewLink, 'lifetimeSeconds' | 'emailKey'>): Promise<string | undefined> {
    const { path, lifetimeSeconds } = LINKS[link.purpose];
    const token = await this.tokens.issue({ ...link, emailKey: canonical('email', link.email), lifetimeSeconds });
    return token && new URL(`${this.config.PUBLIC_URL}/${path}/${token}`).href;
  }

  /**
   * New links for the accounts that claim an address, each with its claim, all for one mailbox. If one may have a link, all
   * of them get one: a mail that left some out would pass for the whole truth.
   */
  async ofClaims(
    claims: readonly MailedClaim[],
    purpose: Exclude<OneTimePurpose, 'change_email'>,
    quietSeconds: number,
  ): Promise<(ClaimLink & { readonly to: string })[]> {
    const to = claims[0]?.user.email;
    if (to == null) return [];
    const ours: MailedClaim[] = [];
    for (const claim of claims) {
      const { id, email } = claim.user;
      if (email !== null && !(await this.emails.others(id, email)).isTaken) ours.push(claim);
    }
    const links = await this.issueEach(ours, purpose, quietSeconds);
    const isPart = links.size > 0 && links.size < ours.length;
    if (isPart) for (const [claim, link] of await this.issueEach(ours, purpose, 0)) links.set(claim, link);
    return ours.flatMap((claim) => {
      const link = links.get(claim);
      return link === undefined ? [] : [{ to, link, ...originOf(claim.user) }];
    });
  }

  private async issueEach(
    claims: readonly MailedClaim[],
    purpose: Exclude<OneTimePurpose, 'change_email'>,
    quietSeconds: number,
  ): Promise<Map<MailedClaim, string>> {
    const links = new Map<MailedClaim, string>();
    for (const claim of claims) {
      const { user, mailId } = claim;
      const link = await this.issue({ accountId: user.id, email: user.email as string, purpose, quietSeconds, mailId });
      if (link !== undefined) links.set(claim, link);
    }
    return links;
  }

  /** What a link is to, if it works, its account still has its address and no other proved it; looking does not use it up. */
  async find(token: string, purpose: Exclude<OneTimePurpose, 'change_email'>): Promise<EmailLink | undefined> {
    const owner = await this.tokens.find(token, purpose);
    const user = owner && (await this.users.findById(owner.accountId));
    if (!user || user.status === 'deactivated' || !isKeyOf('email', user.emailKey, owner.email)) return undefined;
    if ((await this.emails.others(user.id, owner.email)).isTaken) return undefined;
    return { user, email: owner.email };
  }

  /** What became of a link for one of these purposes that does not work; `undefined` if there is none, or none any more. */
  async fateOf(token: string, ...purposes: readonly OneTimePurpose[]): Promise<LinkFate | undefined> {
    const fate = await this.tokens.fateOf(token, ...purposes);
    if (fate?.what !== 'account_changed') return fate;
    const { isTaken } = await this.emails.others(fate.accountId, fate.email);
    if (!isTaken) return fate;
    const holder = await this.users.findByName('email', fate.email);
    return { ...fate, what: 'address_taken', at: fate.at ?? holder?.emailVerifiedAt ?? undefined };
  }
}

/** How an address was claimed; nothing once it is proved. */
function originOf({ username, emailVerifiedAt, emailClaimedAt, emailClaimedThrough }: User): Omit<ClaimLink, 'link'> {
  if (emailVerifiedAt !== null) return {};
  return { name: username, through: emailClaimedThrough, at: emailClaimedAt?.toISOString() ?? null };
}
