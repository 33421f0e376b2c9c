import type { Mail } from '../../mail/mail.js';
import { minuteOf } from './minute.js';

/** A link, and the claim that it confirms: when and through what it was made. What is not known is not told. */
export interface ClaimLink {
  readonly link: string;
  readonly name?: string | null;
  readonly through?: string | null;
  /** As ISO 8601 writes it. */
  readonly at?: string | null;
}

/** The doors of operators. */
const OPERATORS: ReadonlySet<string> = new Set(['admin', 'command line']);

/** The mail with the link that verifies an address: plain ASCII, the link alone on its line. */
export function verificationMail(to: string, claim: ClaimLink): Mail {
  return linkMail(to, 'Confirm your e-mail address', claim, {
    happened: [
      isByOperator(claim)
        ? 'An operator of the service gave an account this e-mail address.'
        : 'Somebody registered an account with this e-mail address.',
    ],
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

/** The same where several accounts ask for the address. */
export function emailChangesMail(to: string, claims: readonly ClaimLink[]): Mail {
  return linksMail(to, 'Confirm your e-mail address', claims, {
    each: 'asked for',
    todo: [
      'Several accounts asked to use this e-mail address. Open the page of the',
      'one that is yours, and confirm:',
    ],
    advice: [
      'Each link works once, within 24 hours. Confirming one ends the others.',
      'If none was you, do nothing: the address will not be used',
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
  const told = where === '' ? [] : [`${verbOf(claim, origin)}${where}.`];
  const text = [...happened, ...told, todo, '', claim.link, '', ...advice, ''].join('\n');
  return { to, subject, text, links: [claim.link] };
}

function linksMail(
  to: string,
  subject: string,
  claims: readonly ClaimLink[],
  { each = 'registered', todo, advice }: Record<'todo' | 'advice', readonly string[]> & { readonly each?: string },
): Mail {
  const list = claims.flatMap((claim, i) => [
    `${i + 1}. ${verbOf(claim, each)}${originOf(claim)}:`,
    '',
    claim.link,
    '',
  ]);
  return { to, subject, text: [...todo, '', ...list, ...advice, ''].join('\n'), links: claims.map(({ link }) => link) };
}

function isByOperator({ through }: ClaimLink): boolean {
  return OPERATORS.has(through ?? '');
}

/** An account may have been registered long before an operator gave it the address. */
function verbOf(claim: ClaimLink, verb: string): string {
  return isByOperator(claim) ? verb.replace('registered', 'given this address by an operator') : verb;
}

function originOf({ through, name, at }: ClaimLink): string {
  return [through && ` through ${through}`, name && ` as ${shown(name)}`, at && ` on ${minuteOf(at)}`]
    .filter(Boolean)
    .join(',');
}

/** Characters of a name that a mail shows. */
const NAME_SHOWN = 40;

/** A name in plain ASCII, without what a mail program might make a link of: it is a stranger's text. */
function shown(name: string): string {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '');
  return letters.replace(/[^\w@+-]/gu, '?').slice(0, NAME_SHOWN);
}
