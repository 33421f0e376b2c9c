import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import { EmailsStore } from '../../users/emails.store.js';
import type { User } from '../../users/user.entity.js';
import { OwnerCheck } from '../account/owner-check.service.js';
import type { Client } from '../door.js';

/** A link that works: whose it is, and the address that it confirms. */
export interface EmailLink {
  readonly user: User;
  readonly email: string;
}

/** The refusal of a link whose account's password is missing or wrong, so that its page can ask for it. */
export class LinkPasswordRefusal extends AuthError {
  constructor(
    readonly email: string,
    readonly isMissing: boolean,
  ) {
    super('current_password_wrong', { identifier: email });
  }
}

/**
 * Demands the password of a link's account where other accounts claim the address too. Whoever reads the mailbox may own
 * another of them, and must not give the address to a stranger's.
 */
@Injectable()
export class LinkPassword {
  constructor(
    private readonly emails: EmailsStore,
    private readonly ownerCheck: OwnerCheck,
  ) {}

  async isNeeded({ user, email }: EmailLink): Promise<boolean> {
    return (await this.emails.others(user.id, email)).isContested;
  }

  /**
   * The hash of the password, if one is needed. Tries count like sign-ins.
   * @throws {LinkPasswordRefusal}
   * @throws {AuthError} `too_many_attempts` or `hashing_overloaded`
   */
  async demand(link: EmailLink, password: string | undefined, client: Client): Promise<string | undefined> {
    if (!(await this.isNeeded(link))) return undefined;
    if (!password) throw new LinkPasswordRefusal(link.email, true);
    if (!(await this.ownerCheck.isOwner(link.user, password, client))) throw new LinkPasswordRefusal(link.email, false);
    return link.user.passwordHash;
  }
}
