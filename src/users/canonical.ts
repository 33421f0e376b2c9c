import { hash } from 'node:crypto';
import { domainToASCII, domainToUnicode } from 'node:url';
import { type IdentifierKind, isTooLongForName } from './identifiers.js';

/**
 * The form in which names are compared, which is its own canonical form. `Alice` and `alice` are one account, and an
 * address is one mailbox however its host is written: `bücher.example` is `xn--bcher-kva.example`. A text too long for a
 * name is represented by its hash.
 */
export function canonical(kind: IdentifierKind, name: string): string {
  if (isTooLongForName(name)) return hash('sha256', name);
  return kind === 'email' ? canonicalAddress(name) : folded(name);
}

/**
 * The keys under which an account may be stored that is called so: the canonical form, and the one of earlier versions if
 * that differs.
 */
export function keysOf(kind: IdentifierKind, name: string): readonly [key: string, olderKey?: string] {
  const key = canonical(kind, name);
  const olderKey = isTooLongForName(name) ? key : foldedOnce(name);
  return olderKey === key ? [key] : [key, olderKey];
}

/** The keys of an address, as the parameters of statements: the older one is the same where they do not differ. */
export function keysOfEmail(email: string): { readonly emailKey: string; readonly olderEmailKey: string } {
  const [emailKey, olderEmailKey = emailKey] = keysOf('email', email);
  return { emailKey, olderEmailKey };
}

/** True for a key under which an account may be stored that is called so. */
export function isKeyOf(kind: IdentifierKind, key: string | null, name: string): boolean {
  return keysOf(kind, name).some((one) => one === key);
}

/** Lower case may leave a letter beside a mark that has one code point with it (`J\u030C`), hence NFKC again. */
function folded(text: string): string {
  return foldedOnce(text).normalize('NFKC');
}

function foldedOnce(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function canonicalAddress(address: string): string {
  const hostAt = address.lastIndexOf('@') + 1;
  return hostAt === 0 ? folded(address) : folded(address.slice(0, hostAt)) + canonicalHost(address.slice(hostAt));
}

/**
 * Spellings of an address other than its canonical form, by which operators may look for it: with its host in Unicode
 * (RFC 5890 §2.3.2.1), and as it was written. Folded, with a control character between them; null if there are none.
 */
export function spellingsOf(address: string): string | null {
  if (isTooLongForName(address)) return null;
  const key = canonicalAddress(address);
  const hostAt = key.lastIndexOf('@') + 1;
  const host = key.includes('xn--', hostAt) ? domainToUnicode(key.slice(hostAt)) : '';
  const spellings = new Set([host === '' ? key : folded(key.slice(0, hostAt) + host), folded(address)]);
  spellings.delete(key);
  return spellings.size === 0 ? null : [...spellings].join('\u0001');
}

/**
 * The mailbox that mails to an address go to. Hosts that tell cases apart are unheard of (RFC 5321 §2.4), but other
 * spellings of the part before the `@` may be two mailboxes.
 */
export function mailboxOf(address: string): string {
  const hostAt = address.lastIndexOf('@') + 1;
  const localPart = address.slice(0, hostAt).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return localPart + canonicalHost(address.slice(hostAt));
}

/** By UTS 46, as mails are addressed. Of ASCII only the case changes: an URL would also read `0x7f` as an IP address. */
function canonicalHost(host: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  const ascii = /^[\0-\x7f]*$/.test(host) ? '' : domainToASCII(host);
  return ascii || folded(host);
}
