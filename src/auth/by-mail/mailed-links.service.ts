import { Injectable } from '@nestjs/common';
import { Config } from '../../config/env.js';
import type { OneTimePurpose } from '../../tokens/one-time-token.entity.js';
import { type NewLink, OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { isKeyOf } from '../../users/canonical.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';

/** Where a link leads, and how long it works. */
const LINKS: Readonly<Record<OneTimePurpose, { readonly path: string; readonly lifetimeSeconds: number }>> = {
  verify_email: { path: 'verify', lifetimeSeconds: 24 * 60 * 60 },
  change_email: { path: 'verify', lifetimeSeconds: 24 * 60 * 60 },
  reset_password: { path: 'password-reset', lifetimeSeconds: 60 * 60 },
};

/** A link that works, mailed to the address that its account has now. */
export interface OwnLink {
  readonly user: User;
  /** The address as it was mailed to. */
  readonly email: string;
}

/** Makes the links that are mailed to accounts, and knows whose they are. */
@Injectable()
export class MailedLinks {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokensService,
    private readonly config: Config,
  ) {}

  /** A new link as it is mailed, in ASCII, whatever the host; or `undefined` where none may be issued. */
  async issue(link: Omit<NewLink, 'lifetimeSeconds'>): Promise<string | undefined> {
    const { path, lifetimeSeconds } = LINKS[link.purpose];
    const token = await this.tokens.issue({ ...link, lifetimeSeconds });
    return token && new URL(`${this.config.PUBLIC_URL}/${path}/${token}`).href;
  }

  /** What a link is to, if it works and its account still has its address; looking does not use it up. */
  async find(token: string, purpose: Exclude<OneTimePurpose, 'change_email'>): Promise<OwnLink | undefined> {
    const owner = await this.tokens.find(token, purpose);
    const user = owner && (await this.users.findById(owner.accountId));
    if (!user || user.status === 'deactivated' || !isKeyOf('email', user.emailKey, owner.email)) return undefined;
    return { user, email: owner.email };
  }
}
