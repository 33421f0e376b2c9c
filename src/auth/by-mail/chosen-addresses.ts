import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import { SmtpUtf8 } from '../../mail/smtp-utf8.js';
import { isNewEmailAddress, needsSmtpUtf8 } from '../../users/identifiers.js';

/** Refuses addresses to which no mail would go as they are written, where somebody chooses one. */
@Injectable()
export class ChosenAddresses {
  constructor(private readonly smtpUtf8: SmtpUtf8) {}

  /** @throws {AuthError} `email_invalid` */
  demand(email: string): void {
    if (!isNewEmailAddress(email) || (needsSmtpUtf8(email) && !this.smtpUtf8.isOffered))
      throw new AuthError('email_invalid', { identifier: email });
  }
}
