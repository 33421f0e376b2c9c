import bcrypt from 'bcryptjs';

/** Work for a hashing thread: hash at a cost, or compare with a hash. */
export type BcryptTask =
  | { readonly kind: 'hash'; readonly input: string; readonly salt: string }
  | { readonly kind: 'compare'; readonly input: string; readonly hash: string };

/** What a hashing thread answers, and how long it worked for that, in milliseconds. */
export interface BcryptAnswer {
  readonly value: string | boolean;
  readonly ms: number;
}

/** Runs in a worker thread, where blocking is fine. */
export default function run(task: BcryptTask): BcryptAnswer {
  const startedAtMs = performance.now();
  const value = valueOf(task);
  return { value, ms: performance.now() - startedAtMs };
}

function valueOf(task: BcryptTask): string | boolean {
  if (task.kind === 'hash') return bcrypt.hashSync(task.input, task.salt);
  return bcrypt.compareSync(task.input, task.hash);
}
