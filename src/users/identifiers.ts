import { hash } from 'node:crypto';
import { isEmail } from 'class-validator';

/** The longest username, in characters (Unicode code points). */
export const USERNAME_MAX_LENGTH = 150;

/** The longest e-mail address, in characters (RFC 5321 §4.5.3.1.3 less the angle brackets). */
export const EMAIL_MAX_LENGTH = 254;

/** The longest password, in bytes of UTF-8. */
export const PASSWORD_MAX_BYTES = 1024;

/** Which of an account's names a contract signs in by. */
export type IdentifierKind = 'username' | 'email';

/** No name is longer, in UTF-16 units. The time that a normalization takes may grow with the square of the length. */
const NORMALIZED_MAX_LENGTH = 2 * EMAIL_MAX_LENGTH;

/**
 * The form in which names are compared: NFKC, then lower case. `Alice` and `alice` are one account. A text too long for a
 * name is represented by its hash.
 */
export function canonical(name: string): string {
  return name.length > NORMALIZED_MAX_LENGTH ? hash('sha256', name) : name.normalize('NFKC').toLowerCase();
}

/** The length of a text in characters, as people count them: Unicode code points. */
export function lengthOf(value: string): number {
  return Array.from(value).length;
}

/** Whether a text holds no control character and no half of a surrogate pair. */
export function isPlainText(value: string): boolean {
  return !/\p{Cc}|\p{Cs}/u.test(value);
}

/** Whether a text may be a name at all: plain, not empty, and without white space at either end. */
function isName(value: string): boolean {
  return value !== '' && value.trim() === value && isPlainText(value);
}

/** Whether a text is acceptable as a username in any contract. */
export function isUsername(value: string): boolean {
  return isName(value) && lengthOf(value) <= USERNAME_MAX_LENGTH;
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

/** Whether a text is acceptable as an e-mail address in any contract. */
export function isEmailAddress(value: string): boolean {
  return hasEmailForm(value) && lengthOf(value) <= EMAIL_MAX_LENGTH;
}

/** Whether a text is acceptable as a password in any contract: not empty, no NUL or half surrogate, at most 1,024 bytes. */
export function isPassword(value: string): boolean {
  return value !== '' && !/\0|\p{Cs}/u.test(value) && Buffer.byteLength(value) <= PASSWORD_MAX_BYTES;
}

/** Whether a text is acceptable as a PIN: 4 to 8 characters, none of them a control character. */
export function isPin(value: string): boolean {
  return isPlainText(value) && lengthOf(value) >= 4 && lengthOf(value) <= 8;
}
