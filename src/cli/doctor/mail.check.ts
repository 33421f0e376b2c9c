import { Clock } from '../../config/clock.js';
import type { Config } from '../../config/env.js';
import { SETTINGS } from '../../config/settings.js';
import { Smtp } from '../../mail/smtp.js';
import { fail, type Finding, ok, reasonOf, warn } from './finding.js';

/** Whether the mail server lets the service in; nothing is sent. */
export async function checkMail(config: Config): Promise<Finding[]> {
  if (!config.SMTP_URL)
    return [
      warn(
        'mail',
        `no mail server: mails go into ${config.DATA_DIR}/outbox, their links into the log`,
        'set SMTP_URL, so that people get their mails',
      ),
    ];
  return [await checkServer(config), ...checkSender(config)];
}

async function checkServer(config: Config): Promise<Finding> {
  // Only the host: the URL may hold a password.
  const { host } = new URL(config.SMTP_URL);
  const smtp = new Smtp(config, new Clock());
  try {
    await smtp.verify();
    return ok('mail', `${host} lets us in`);
  } catch (error) {
    return fail('mail', `${host} does not let us in: ${reasonOf(error)}`, 'check SMTP_URL, and the network in between');
  } finally {
    smtp.close();
  }
}

function checkSender({ MAIL_FROM }: Config): Finding[] {
  if (MAIL_FROM !== SETTINGS.MAIL_FROM.default) return [];
  return [warn('mail', `MAIL_FROM is ${MAIL_FROM}`, 'set it to an address of yours: servers refuse mails from there')];
}
