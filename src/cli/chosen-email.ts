import { Clock } from '../config/clock.js';
import type { Config } from '../config/env.js';
import { EMAIL_MAX_LENGTH, isNewEmailAddress, needsSmtpUtf8 } from '../users/identifiers.js';
import { CommandError } from './command-error.js';

/** @throws {CommandError} for an address that cannot be chosen, or that the mail server does not take */
export async function demandEmail(email: string, config: Config): Promise<void> {
  if (!isNewEmailAddress(email))
    throw new CommandError(`${email} is not an e-mail address of at most ${EMAIL_MAX_LENGTH} characters.`);
  if (config.SMTP_URL && needsSmtpUtf8(email) && !(await offersSmtpUtf8(config)))
    throw new CommandError(`The mail server takes no address like ${email}: it does not offer SMTPUTF8.`);
}

/** @throws {CommandError} if the mail server cannot be asked */
async function offersSmtpUtf8(config: Config): Promise<boolean> {
  const { Smtp } = await import('../mail/smtp.js');
  const smtp = new Smtp(config, new Clock());
  try {
    return await smtp.offersSmtpUtf8();
  } catch (cause) {
    throw new CommandError('The mail server cannot be asked if it takes such an address. See: latchkey doctor', {
      cause,
    });
  } finally {
    smtp.close();
  }
}
