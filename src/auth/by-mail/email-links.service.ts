import { Injectable } from '@nestjs/common';
import { DeadLinkError } from '../../errors/auth-error.js';
import type { Client } from '../door.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { EmailChangeService } from './email-change.service.js';
import { EmailVerificationService } from './email-verification.service.js';

/** The mailed links that confirm an address, be it the account's own or another that is to take its place. */
@Injectable()
export class EmailLinksService {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly change: EmailChangeService,
    private readonly tokens: OneTimeTokensService,
  ) {}

  /** The address that a link would confirm. Looking does not use the link up. @throws {DeadLinkError} */
  async addressOf(token: string): Promise<string> {
    return (await this.verification.addressOf(token)) ?? (await this.change.addressOf(token)) ?? this.refuse(token);
  }

  /**
   * Confirms the address of a link.
   * @throws {DeadLinkError} for a link that was used, has expired, came too late or never existed
   */
  async confirm(token: string, client: Client): Promise<string> {
    return (
      (await this.verification.confirm(token, client)) ??
      (await this.change.confirm(token, client)) ??
      this.refuse(token)
    );
  }

  private async refuse(token: string): Promise<never> {
    throw new DeadLinkError(await this.tokens.fateOf(token, 'verify_email', 'change_email'));
  }
}
