import { canonical } from './canonical.js';
import type { IdentifierKind } from './identifiers.js';

/** The column of a name. */
export type NameColumn = 'username_key' | 'email_key';

/** The names that begin alike, as a range in byte order: from `from`, and before `before` if there is an end. */
export interface NameRange {
  readonly from: string;
  readonly before: string | undefined;
}

const LAST_CODE_POINT = 0x10ffff;
const SURROGATES = { first: 0xd800, last: 0xdfff } as const;

/**
 * The names of a kind that begin with a text, in canonical form: the host of an address is found as a whole, or by its
 * ASCII form. UTF-8 sorts as its code points do, so the range ends where the
 * last character would be the next one.
 */
export function namesBeginningWith(kind: IdentifierKind, text: string): NameRange {
  // At the end of a word a capital sigma becomes ς; the text may end within one. σ is the next character.
  const from = canonical(kind, text).replace(/σ$/, 'ς');
  const points = Array.from(from.replace(/ς$/, 'σ'), (character) => character.codePointAt(0) as number);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return { from, before: undefined };
  const next = last + 1 === SURROGATES.first ? SURROGATES.last + 1 : last + 1;
  return { from, before: String.fromCodePoint(...points, next) };
}

/** The same for both names of an account, by column. */
export function rangesOf(text: string): Readonly<Record<NameColumn, NameRange>> {
  return { username_key: namesBeginningWith('username', text), email_key: namesBeginningWith('email', text) };
}

/** Whether a name is in a range. */
export function isWithin(name: string | null, { from, before }: NameRange): name is string {
  return name !== null && compareNames(name, from) >= 0 && (before === undefined || compareNames(name, before) < 0);
}

/** Compares two names as the store does: by their bytes, where JavaScript would go by UTF-16 units. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
