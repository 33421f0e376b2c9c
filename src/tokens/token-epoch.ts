import { randomBytes } from 'node:crypto';

/** Hex digits of the 48 bits that a UUID of version 8 leaves free at its beginning (RFC 9562 §5.8). */
const EPOCH_DIGITS = 12;

const FORM = /^([\da-f]{8})-([\da-f]{4})-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** A new `jti` that says the epoch of its token's session: a UUID of version 8, random but for that. */
export function jtiAt(epoch: number): string {
  const digits = epoch.toString(16).padStart(EPOCH_DIGITS, '0');
  const random = randomBytes(10);
  random[0] = 0x80 | (random[0]! & 0x0f);
  random[2] = 0x80 | (random[2]! & 0x3f);
  const rest = random.toString('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}

/** The epoch that a `jti` says; `undefined` for one of a version of Latchkey that did not say it. */
export function epochOf(jti: string): number | undefined {
  const [, high, low] = FORM.exec(jti) ?? [];
  return high === undefined ? undefined : Number.parseInt(`${high}${low}`, 16);
}
