import { canonical } from './identifiers.js';

/** The names that begin alike, as a range in byte order: from `from`, and before `before` if there is an end. */
export interface NameRange {
  readonly from: string;
  readonly before: string | undefined;
}

const LAST_CODE_POINT = 0x10ffff;
const SURROGATES = { first: 0xd800, last: 0xdfff } as const;

/**
 * The names that begin with a text, in canonical form. UTF-8 sorts as its code points do, so the range ends where the
 * last character would be the next one.
 */
export function namesBeginningWith(text: string): NameRange {
  const from = canonical(text);
  const points = Array.from(from, (character) => character.codePointAt(0) as number);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return { from, before: undefined };
  const next = last + 1 === SURROGATES.first ? SURROGATES.last + 1 : last + 1;
  return { from, before: String.fromCodePoint(...points, next) };
}

/** Whether a name is in a range. */
export function isWithin(name: string | null, { from, before }: NameRange): name is string {
  return name !== null && compareNames(name, from) >= 0 && (before === undefined || compareNames(name, before) < 0);
}

/** Compares two names as the store does: by their bytes, where JavaScript would go by UTF-16 units. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
