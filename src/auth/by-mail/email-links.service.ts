import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { AuthError, DeadLinkError } from '../../errors/auth-error.js';
import type { Client } from '../door.js';
import { EmailChangeService } from './email-change.service.js';
import { EmailVerificationService } from './email-verification.service.js';
import { type EmailLink, LinkPassword } from './link-password.service.js';
import { MailedLinks } from './mailed-links.service.js';

/** What the page of a link shows. */
export interface ShownLink {
  readonly email: string;
  readonly needsPassword: boolean;
}

/** The mailed links that confirm an address, be it the account's own or another that is to take its place. */
@Injectable()
export class EmailLinksService {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly change: EmailChangeService,
    private readonly passwords: LinkPassword,
    private readonly links: MailedLinks,
    private readonly audit: AuditLog,
  ) {}

  /** What a link would confirm. Looking does not use the link up. @throws {DeadLinkError} */
  async show(token: string): Promise<ShownLink> {
    const { link } = await this.look(token);
    return { email: link.email, needsPassword: await this.passwords.isNeeded(link) };
  }

  /**
   * Confirms the address of a link. A password that is missing or wrong leaves the link good.
   * @throws {DeadLinkError} for a link that was used, has expired, came too late or never existed
   * @throws {LinkPasswordRefusal} if others claim the address and the password is not that of the link's account
   * @throws {AuthError} `too_many_attempts` or `hashing_overloaded`
   */
  async confirm(token: string, password: string | undefined, client: Client): Promise<string> {
    const { act, link } = await this.look(token);
    client.identify(link.user.id);
    const checkedHash = await this.demandPassword(link, password, client);
    if (!(await act.confirm(token, checkedHash, client))) return this.refuse(token);
    return link.email;
  }

  private async look(token: string): Promise<{ readonly act: Confirming; readonly link: EmailLink }> {
    for (const act of [this.verification, this.change]) {
      const link = await act.find(token);
      if (link) return { act, link };
    }
    return this.refuse(token);
  }

  private async refuse(token: string): Promise<never> {
    throw new DeadLinkError(await this.links.fateOf(token, 'verify_email', 'change_email'));
  }

  private async demandPassword(
    link: EmailLink,
    password: string | undefined,
    client: Client,
  ): Promise<string | undefined> {
    try {
      return await this.passwords.demand(link, password, client);
    } catch (error) {
      const accountId = link.user.id;
      if (password && error instanceof AuthError)
        this.audit.record({ kind: 'email_verified', from: client, accountId, refusal: error.code });
      throw error;
    }
  }
}

/** What a kind of link does. */
interface Confirming {
  confirm(token: string, checkedHash: string | undefined, client: Client): Promise<boolean>;
}
