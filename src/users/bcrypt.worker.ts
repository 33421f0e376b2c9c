import { timingSafeEqual } from 'node:crypto';
import bcrypt from 'bcryptjs';

/** Work for a hashing thread: hash at a cost, or compare with a hash. */
export type BcryptTask = { readonly kind: 'hash'; readonly input: string; readonly salt: string } | Comparison;

/** A comparison and what a refusal costs beyond it: hashes for nothing, so that each refusal costs alike. */
export interface Comparison {
  readonly kind: 'compare';
  readonly input: string;
  readonly hash: string;
  /** False if even a match is a refusal. */
  readonly mayMatch?: boolean;
  readonly decoys?: readonly Decoy[];
}

/** A hash that nobody reads. */
export interface Decoy {
  readonly input: string;
  readonly salt: string;
}

/** What a hashing thread answers, and how long it worked for that, in milliseconds. */
export interface BcryptAnswer {
  readonly value: string | boolean;
  readonly ms: number;
}

/** How many characters of a hash its digest takes, and how many bytes its salt decodes to. */
const DIGEST_LENGTH = 31;
const HASH_LENGTH = 60;
const SALT_BYTES = 16;

/** The same in machine code, which takes two thirds of the time, where the platform has it. */
const native = await import('@node-rs/bcrypt').catch(() => undefined);

/** Runs in a worker thread, where blocking is fine. */
export default function run(task: BcryptTask): BcryptAnswer {
  const startedAtMs = performance.now();
  const value = task.kind === 'hash' ? hash(task.input, task.salt) : compare(task);
  return { value, ms: performance.now() - startedAtMs };
}

/** @param salt `$2b$`, the cost, and 22 characters; what comes behind them is not read */
function hash(input: string, salt: string): string {
  if (!native || !isWellFormed(input)) return bcrypt.hashSync(input, salt);
  const saltBytes = bcrypt.decodeBase64(salt.slice(7, 29), SALT_BYTES);
  return native.hashSync(input, Number(salt.slice(4, 6)), Uint8Array.from(saltBytes));
}

/** One task for all of it: a caller who leaves in between would have guessed without the cost of a refusal. */
function compare({ input, hash: stored, mayMatch = true, decoys = [] }: Comparison): boolean {
  if (isHashOf(input, stored) && mayMatch) return true;
  for (const decoy of decoys) hash(decoy.input, decoy.salt);
  return false;
}

/** By hashing: the library's own comparison refuses a salt in an unusual spelling at once, which would tell of the hash. */
function isHashOf(input: string, stored: string): boolean {
  if (stored.length !== HASH_LENGTH) return false;
  const made = hash(input, stored.slice(0, -DIGEST_LENGTH));
  return timingSafeEqual(Buffer.from(made.slice(-DIGEST_LENGTH)), Buffer.from(stored.slice(-DIGEST_LENGTH)));
}

/** Whether a text is the same in UTF-8: the libraries differ in what half a surrogate pair is. */
function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}
