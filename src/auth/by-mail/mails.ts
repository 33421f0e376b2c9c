import type { Mail } from '../../mail/mail.js';
import { deviceOf } from '../device.js';
import type { Changed, Notice, Tried } from './mail-jobs.js';

/** A link, and the claim that it confirms: when and through what it was made. What is not known is not told. */
export interface ClaimLink {
  readonly link: string;
  readonly name?: string | null;
  readonly through?: string | null;
  /** As ISO 8601 writes it. */
  readonly at?: string | null;
}

/** The mail with the link that verifies an address: plain ASCII, the link alone on its line. */
export function verificationMail(to: string, claim: ClaimLink): Mail {
  return linkMail(to, 'Confirm your e-mail address', claim, {
    happened: ['Somebody registered an account with this e-mail address.'],
    origin: 'That was',
    todo: 'If that was you, open this page and confirm:',
    advice: [
      'The link works once, within 24 hours.',
      'If it was not you, do nothing: nobody can sign in with this address',
      'unless you confirm it.',
    ],
  });
}

/** The same where several accounts claim the address. */
export function verificationsMail(to: string, claims: readonly ClaimLink[]): Mail {
  return linksMail(to, 'Confirm your e-mail address', claims, {
    todo: [
      'Several accounts were registered with this e-mail address. Open the page',
      'of the one that is yours, and confirm with the password of that account:',
    ],
    advice: [
      'Each link works once, within 24 hours. Confirming one ends the others.',
      'If none was you, do nothing: nobody can sign in with this address',
      'unless you confirm it.',
    ],
  });
}

/** The mail with the link that confirms another address for an account. */
export function emailChangeMail(to: string, claim: ClaimLink): Mail {
  return linkMail(to, 'Confirm your e-mail address', claim, {
    happened: ['Somebody asked to use this e-mail address for an account.'],
    origin: 'That was',
    todo: 'If that was you, open this page and confirm:',
    advice: [
      'The link works once, within 24 hours.',
      'If it was not you, do nothing: the address will not be used',
      'unless you confirm it.',
    ],
  });
}

/** The mail with the link to a new password. */
export function passwordResetMail(to: string, claim: ClaimLink): Mail {
  return linkMail(to, 'Set a new password', claim, {
    happened: ['Somebody asked for a new password for the account with this e-mail', 'address.'],
    origin: 'It was registered',
    todo: 'If that was you, open this page and set one:',
    advice: ['The link works once, within one hour.', 'If it was not you, do nothing: the password stays as it is.'],
  });
}

/** The same where several accounts claim the address. */
export function passwordResetsMail(to: string, claims: readonly ClaimLink[]): Mail {
  return linksMail(to, 'Set a new password', claims, {
    todo: [
      'Somebody asked for a new password. Several accounts were registered with',
      'this e-mail address. Open the page of the one that is yours:',
    ],
    advice: [
      'Each link works once, within one hour. Using one ends the others.',
      'If it was not you, do nothing: the passwords stay as they are.',
    ],
  });
}

function linkMail(
  to: string,
  subject: string,
  claim: ClaimLink,
  {
    happened,
    origin,
    todo,
    advice,
  }: Record<'happened' | 'advice', readonly string[]> & Record<'origin' | 'todo', string>,
): Mail {
  const where = originOf(claim);
  const told = where === '' ? [] : [`${origin}${where}.`];
  const text = [...happened, ...told, todo, '', claim.link, '', ...advice, ''].join('\n');
  return { to, subject, text, links: [claim.link] };
}

function linksMail(
  to: string,
  subject: string,
  claims: readonly ClaimLink[],
  { todo, advice }: Record<'todo' | 'advice', readonly string[]>,
): Mail {
  const each = claims.flatMap((claim, i) => [`${i + 1}. registered${originOf(claim)}:`, '', claim.link, '']);
  return { to, subject, text: [...todo, '', ...each, ...advice, ''].join('\n'), links: claims.map(({ link }) => link) };
}

/** In ASCII, and without what a mail program might make a link of: the name is a stranger's text. */
function originOf({ through, name, at }: ClaimLink): string {
  return [
    through && ` through ${through}`,
    name && ` as ${name.replace(/[^\w@+-]/g, '?').slice(0, NAME_SHOWN)}`,
    at && ` on ${minuteOf(at)}`,
  ]
    .filter(Boolean)
    .join(',');
}

/** Characters of a name that a mail shows. */
const NAME_SHOWN = 40;

function minuteOf(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

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

/** The mail that lists such acts of one kind. @param isFurther true if one was told of before */
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
