import { type Draft, hasFields } from './draft.js';
import { hostileText, hostileValue, unhashable, unhashableText } from './hostile-values.js';
import { isHashedField } from './examples.js';
import { JsonText, writeJson } from './json-text.js';
import type { Random } from './random.js';

const OTHER_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'is_admin',
  'id',
  'status',
  '',
];

/** Changes what the body of a draft says. */
export function mutateFields(draft: Draft, random: Random): void {
  const { body } = draft;
  if (!hasFields(body)) {
    draft.body = hostileValue(random);
    if (draft.encoding === 'none') draft.encoding = random.pick(['json', 'urlencoded', 'multipart']);
    return;
  }
  const names = Object.keys(body);
  const name = names.length > 0 ? random.pick(names) : 'username';
  const ways: (() => unknown)[] = [
    () => put(body, name, hostileValue(random)),
    () => put(body, name, hostileValue(random)),
    () => put(body, name, hostileText(random)),
    () => put(body, name, textOf(body[name]) + hostileText(random)),
    () => put(body, name, [body[name]]),
    () => put(body, name, { [name]: body[name] }),
    () => put(body, name, undefined),
    () => delete body[name],
    () => put(body, random.pick(OTHER_NAMES), random.chance(0.5) ? body[name] : { ...body, is_admin: true }),
    () => put(body, name.toUpperCase(), body[name]),
    () => (draft.body = hostileValue(random)),
    () => (draft.body = [body]),
    () => (draft.body = withKeyTwice(body, name, hostileValue(random), random)),
    () => (draft.body = new JsonText(`{"__proto__":${writeJson(body)}}`)),
    () => Object.assign(body, Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]))),
  ];
  random.pick(ways)();
}

/** Spoils what would be hashed, or the fields altogether, so that a request costs no hash. */
export function spoilHashedFields(draft: Draft, random: Random): void {
  const { body } = draft;
  if (!hasFields(body)) return;
  const spoil = draft.encoding === 'json' ? unhashable : unhashableText;
  for (const name of Object.keys(body).filter(isHashedField)) put(body, name, spoil(random));
}

/** A value as text; an earlier mutation may have taken from it what makes it one. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function put(body: Record<string, unknown>, name: string, value: unknown): void {
  // As JSON.parse does it: an own field, whatever its name.
  Object.defineProperty(body, name, { value, enumerable: true, configurable: true, writable: true });
}

function withKeyTwice(body: Record<string, unknown>, name: string, value: unknown, random: Random): JsonText {
  const [once, twice] = [`${JSON.stringify(name)}:${writeJson(value)}`, writeJson(body).slice(1, -1)];
  return new JsonText(`{${random.chance(0.5) ? `${once},${twice}` : `${twice},${once}`}}`);
}
