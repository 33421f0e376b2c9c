import type { Mail } from '../../mail/mail.js';

/** The mail with the link that verifies an address: plain ASCII, the link alone on its line. */
export function verificationMail(to: string, link: string): Mail {
  const text = [
    'Somebody registered an account with this e-mail address.',
    'If that was you, open this page and confirm:',
    '',
    link,
    '',
    'The link works once, within 24 hours.',
    'If it was not you, do nothing: nobody can sign in with this address',
    'unless you confirm it.',
    '',
  ].join('\n');
  return { to, subject: 'Confirm your e-mail address', text, link };
}

/** The mail with the link that confirms another address for an account. */
export function emailChangeMail(to: string, link: string): Mail {
  const text = [
    'Somebody asked to use this e-mail address for an account.',
    'If that was you, open this page and confirm:',
    '',
    link,
    '',
    'The link works once, within 24 hours.',
    'If it was not you, do nothing: the address will not be used',
    'unless you confirm it.',
    '',
  ].join('\n');
  return { to, subject: 'Confirm your e-mail address', text, link };
}

/** The mail with the link to a new password. */
export function passwordResetMail(to: string, link: string): Mail {
  const text = [
    'Somebody asked for a new password for the account with this e-mail',
    'address. If that was you, open this page and set one:',
    '',
    link,
    '',
    'The link works once, within one hour.',
    'If it was not you, do nothing: the password stays as it is.',
    '',
  ].join('\n');
  return { to, subject: 'Set a new password', text, link };
}

/** What an owner is told of when it changes. */
export type Changed = 'password' | 'PIN' | 'e-mail address';

/** The mail that tells an owner of a change that somebody else may have made. */
export function noticeMail(to: string, what: Changed): Mail {
  const text = [
    `The ${what} of your account was changed.`,
    'If that was you, there is nothing to do.',
    'If it was not you, tell the operator of the service at once.',
    '',
  ].join('\n');
  return { to, subject: `Your ${what} was changed`, text };
}
