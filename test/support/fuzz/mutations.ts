import { mutateBytes } from './body-mutations.js';
import { type Draft, writeBody } from './draft.js';
import { mayHash } from './examples.js';
import { mutateFields, spoilHashedFields } from './field-mutations.js';
import { mutateHeaders, spoilPasswordHeader } from './header-mutations.js';
import type { Random } from './random.js';
import type { Stock } from './stock.js';
import { mutateMethod, mutateTarget } from './target-mutations.js';
import { mutateToken } from './token-mutations.js';

type Mutation = (draft: Draft, random: Random, stock: Stock) => void;

/** What is done before a body is written, and after; how often each comes is how often it is listed. */
const BEFORE: Readonly<Record<string, Mutation>> = { fields: mutateFields, token: mutateToken };
const AFTER: Readonly<Record<string, Mutation>> = {
  bytes: mutateBytes,
  headers: mutateHeaders,
  target: mutateTarget,
  method: mutateMethod,
};
const CHOICE = [
  'fields',
  'fields',
  'fields',
  'token',
  'token',
  'bytes',
  'bytes',
  'headers',
  'headers',
  'target',
  'target',
  'method',
];

/** How many mutations a request gets, by the same rule. */
const COUNTS = [0, 1, 1, 1, 2, 2, 3];

/** What may be done to a draft. */
export interface Leave {
  /** Whether the service may come to hash. */
  readonly isHashingAllowed: boolean;
  /** Whether it has to stay as it is. */
  readonly isToBeGood: boolean;
}

/** Mutates a valid draft and writes its body. */
export function mutate(draft: Draft, random: Random, stock: Stock, { isHashingAllowed, isToBeGood }: Leave): void {
  const chosen = Array.from({ length: isToBeGood ? 0 : random.pick(COUNTS) }, () => random.pick(CHOICE));
  draft.mutations.push(...chosen);
  const spoil = (): void => {
    if (isHashingAllowed || !mayHash(draft.operation)) return;
    spoilHashedFields(draft, random);
    spoilPasswordHeader(draft, random);
  };
  // Before as well: a mutation may leave a body whose fields cannot be spoilt one by one any more.
  spoil();
  for (const name of chosen) BEFORE[name]?.(draft, random, stock);
  spoil();
  writeBody(draft);
  for (const name of chosen) AFTER[name]?.(draft, random, stock);
}
