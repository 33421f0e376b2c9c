import { domainToASCII, domainToUnicode } from 'node:url';
import { isEmail } from 'class-validator';

/** The longest username, in characters (Unicode code points). */
export const USERNAME_MAX_LENGTH = 150;

/** The longest e-mail address, in characters (RFC 5321 §4.5.3.1.3 less the angle brackets). */
export const EMAIL_MAX_LENGTH = 254;

/** The longest password, in bytes of UTF-8. */
export const PASSWORD_MAX_BYTES = 1024;

/** Which of an account's names a contract signs in by. */
export type IdentifierKind = 'username' | 'email';

/** True for a text that is longer than any name. The time that a normalization takes may grow with the square of the length. */
export function isTooLongForName(text: string): boolean {
  return text.length > 2 * EMAIL_MAX_LENGTH;
}

/** The length of a text in characters, as people count them: Unicode code points. */
export function lengthOf(value: string): number {
  return Array.from(value).length;
}

/** Whether a text holds no control character and no half of a surrogate pair. */
export function isPlainText(value: string): boolean {
  return !/\p{Cc}|\p{Cs}/u.test(value);
}

/** Whether an account may have a text for a name, whatever the rules were when it was chosen. */
export function mayBeTaken(value: string): boolean {
  return isPlainText(value) && !isTooLongForName(value);
}

/** Whether a text may be a name at all: plain, not empty, and without white space at either end. */
function isName(value: string): boolean {
  return value !== '' && value.trim() === value && isPlainText(value);
}

/** True for a text that an account may have for its username. */
export function isUsername(value: string): boolean {
  return isName(value) && lengthOf(value) <= USERNAME_MAX_LENGTH;
}

/**
 * Characters that make two names look alike, or a name read as another: invisible ones, and those that turn the direction of
 * writing. The first set includes the 270 code points that a mail would drop from a host (UTS 46, "ignored").
 */
const DECEPTIVE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800\uFFF9-\uFFFB]/u;

/** True for a text that may be chosen as a username in any contract. Existing accounts may have others. */
export function isNewUsername(value: string): boolean {
  return isUsername(value) && !DECEPTIVE.test(value);
}

/** What no mail can be addressed to as it is written: brackets and escapes, and full stops that mail reads as dots. */
const UNMAILABLE = /[<>\\\u3002\uFF0E\uFF61]/;

/**
 * Whether a text has the form of an e-mail address; a bare host as in `user@localhost` is fine. Of one that is too long
 * as a whole no part is too long, so that callers can tell the two apart.
 */
export function hasEmailForm(value: string): boolean {
  const require_tld = value.includes('.', value.lastIndexOf('@'));
  return (
    isName(value) &&
    !UNMAILABLE.test(value) &&
    isEmail(value, { require_tld, ignore_max_length: lengthOf(value) > EMAIL_MAX_LENGTH })
  );
}

/** True for a text that an account may have for its e-mail address. */
export function isEmailAddress(value: string): boolean {
  return hasEmailForm(value) && lengthOf(value) <= EMAIL_MAX_LENGTH;
}

/**
 * As `hasEmailForm`, for an address that is chosen: mails go to it as it is written, and HTTP Basic carries no name with a
 * colon (RFC 7617 §2). Existing accounts may have others.
 */
export function hasNewEmailForm(value: string): boolean {
  return (
    hasEmailForm(value) &&
    !DECEPTIVE.test(value) &&
    !value.includes(':') &&
    (isTooLongForName(value) || isMailedAsWritten(hostOf(value)))
  );
}

/** True for a text that may be chosen as an e-mail address in any contract. */
export function isNewEmailAddress(value: string): boolean {
  return hasNewEmailForm(value) && lengthOf(value) <= EMAIL_MAX_LENGTH;
}

/** True for an address that only mail servers with SMTPUTF8 (RFC 6531) take: the host has an ASCII form, what is before it has none. */
export function needsSmtpUtf8(email: string): boolean {
  return /[^ -~]/.test(email.slice(0, email.lastIndexOf('@')));
}

function hostOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

/**
 * True if UTS 46, by which mails are addressed, changes no more of a host than the case and the compatibility form of its
 * letters. It would read `0x7f` as an IP address, and `\u1E9E` as `ss` with Node 20.
 */
function isMailedAsWritten(host: string): boolean {
  const ascii = domainToASCII(host).split('.');
  const unicode = domainToUnicode(host).split('.');
  // By code point: the lower case of a capital sigma would depend on its place.
  const written = Array.from(host.normalize('NFKC'), (letter) => letter.toLowerCase())
    .join('')
    .normalize('NFC')
    .split('.');
  return written.length === ascii.length && written.every((label, i) => label === ascii[i] || label === unicode[i]);
}

/** Whether a text is acceptable as a password in any contract: not empty, no NUL or half surrogate, at most 1,024 bytes. */
export function isPassword(value: string): boolean {
  return value !== '' && !/\0|\p{Cs}/u.test(value) && Buffer.byteLength(value) <= PASSWORD_MAX_BYTES;
}

/** Whether a text is acceptable as a PIN: 4 to 8 characters, none of them a control character. */
export function isPin(value: string): boolean {
  return isPlainText(value) && lengthOf(value) >= 4 && lengthOf(value) <= 8;
}
