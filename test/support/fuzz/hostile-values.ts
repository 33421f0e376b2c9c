import { JsonText } from './json-text.js';
import type { Random } from './random.js';

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u0001\u001b[2J',
  '\r\nSet-Cookie: token=a',
  '\ud800',
  'a\udc00b',
  '\u202e\u2066\ufeff',
  '\ufdfa'.repeat(40),
  'ﬃ①Å',
  'e\u0301'.repeat(80),
  '👩‍👩‍👧‍👦'.repeat(20),
  "' OR 1=1 --",
  '"; DROP TABLE users; --',
  '%00%0a%ZZ',
  '../../../../etc/passwd',
  '${7*7}{{7*7}}<%= 7 %>',
  '<script>alert(1)</script>',
  '$value $property $constraint1 $target',
  '%s%n%p',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e999',
  '0x7fffffff',
  '9223372036854775808',
  'a@b',
  `${'a'.repeat(64)}@${'b'.repeat(180)}.example`,
  'a@[127.0.0.1]',
  'A'.repeat(151),
  'é'.repeat(513),
  'B'.repeat(5000),
  'x'.repeat(60_000),
];

const NUMBERS: readonly string[] = [
  '0',
  '-0',
  '-1',
  '1.5',
  '1e3',
  '2147483648',
  '9007199254740993',
  '9223372036854775808',
  '123456789012345678901234567890',
  '1e400',
  '-1e400',
  '1e-400',
  `1${'0'.repeat(400)}`,
  `0.${'1'.repeat(400)}`,
];

/** A text that few programs expect. */
export function hostileText(random: Random): string {
  return random.chance(0.1) ? random.bytes(random.below(40)).toString('latin1') : random.pick(TEXTS);
}

/** A number as JSON may write it. */
export function hostileNumber(random: Random): JsonText {
  return new JsonText(random.pick(NUMBERS));
}

/** Arrays or objects within each other. */
export function deepNesting(random: Random): JsonText {
  const depth = random.pick([2, 50, 1000, 9000]);
  return random.chance(0.5)
    ? new JsonText('['.repeat(depth) + ']'.repeat(depth))
    : new JsonText('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
}

/** A value in the place of a text: of another type, of no type, or a text that is none. */
export function hostileValue(random: Random): unknown {
  const make = random.pick<() => unknown>([
    () => hostileText(random),
    () => hostileText(random),
    () => hostileNumber(random),
    () => deepNesting(random),
    () => null,
    () => random.chance(0.5),
    () => [],
    () => [hostileText(random)],
    () => ({}),
    () => ({ toString: 'a', valueOf: 'b', length: 3 }),
    () => new JsonText(`{"__proto__":{"isAdmin":true,"length":9}}`),
    () => new JsonText('"\\ud800"'),
    () => new JsonText('"\\u0000"'),
    () => Array.from({ length: 3000 }, (_, i) => i),
  ]);
  return make();
}

/** A value in JSON that no contract takes for a password or a PIN, so that it is refused before anything is hashed. */
export function unhashable(random: Random): unknown {
  return random.pick<unknown>([
    true,
    [],
    ['Secret1234'],
    {},
    { length: 9 },
    new JsonText('{"__proto__":"Secret1234"}'),
  ]);
}

/** The same in a form, where everything is a text. */
export function unhashableText(random: Random): string {
  return random.pick(['a\0b', 'x'.repeat(1025), 'é'.repeat(30_000)]);
}
