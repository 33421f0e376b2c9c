import type { Mail } from '../../mail/mail.js';
import { deviceOf } from '../device.js';
import type { Changed, Notice, Tried } from './mail-jobs.js';
import { minuteOf } from './minute.js';

const TELL_THE_OPERATOR = 'If it was not you, tell the operator of the service at once.';

/** What is said of a change, which somebody else may have made. */
function ofChange(what: Changed): Told {
  return {
    subject: `Your ${what} was changed`,
    happened: `The ${what} of your account was changed`,
    advice: ['If that was you, there is nothing to do.', TELL_THE_OPERATOR],
  };
}

/** What is said of tries that failed. */
function ofTries(what: Tried): Told {
  return {
    subject: `Somebody tries your ${what}`,
    happened: `A wrong ${what} was given for your account many times in a row`,
    advice: [
      'From where you did not sign in lately, it is not taken any more,',
      `not even the right one. If you need that, set a new password by a link`,
      'that the service mails to this address: it lifts this.',
      TELL_THE_OPERATOR,
    ],
  };
}

/** What a notice says. */
interface Told {
  readonly subject: string;
  /** A sentence without its end. */
  readonly happened: string;
  readonly advice: readonly string[];
}

const TOLD: Readonly<Record<Notice['what'], Told>> = {
  password: ofChange('password'),
  PIN: ofChange('PIN'),
  'e-mail address': ofChange('e-mail address'),
  'tries of the password': ofTries('password'),
  'tries of the PIN': ofTries('PIN'),
};

/** The mail that tells an owner what somebody else may have done. */
export function noticeMail({ to, what }: Notice): Mail {
  const { subject, happened, advice } = TOLD[what];
  return { to, subject, text: [`${happened}.`, ...advice, ''].join('\n') };
}

/** The mail that lists such acts of one kind. @param isFurther true if an earlier mail told of one */
export function noticesMail(notices: readonly Notice[], isFurther: boolean): Mail {
  const [{ to, what }] = notices as [Notice];
  const { subject, happened, advice } = TOLD[what];
  const lines = notices.map((notice) => lineOf(notice));
  const times = `${notices.length === 1 ? 'once' : `${notices.length} times`}${isFurther ? ' more' : ''}`;
  return {
    to,
    subject,
    text: [`${happened}, ${times}:`, '', ...lines, '', ...advice, ''].join('\n'),
  };
}

/** When and from where, in ASCII. */
function lineOf({ at, ip, userAgent }: Notice): string {
  const device = deviceOf(userAgent ?? null);
  const where = [device?.browser, device?.os].filter((part) => part != null).join(' on ');
  const line = `${minuteOf(at)}, from ${ip ?? 'an unknown address'}${where && ` (${where})`}`;
  return line.replace(/[^ -~]/g, '?');
}
