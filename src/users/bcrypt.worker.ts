import bcrypt from 'bcryptjs';

/** Work for a hashing thread: hash at a cost, or compare with a hash. */
export type BcryptTask =
  | { readonly kind: 'hash'; readonly input: string; readonly salt: string }
  | { readonly kind: 'compare'; readonly input: string; readonly hash: string };

/** Runs in a worker thread, where blocking is fine. */
export default function run(task: BcryptTask): string | boolean {
  if (task.kind === 'hash') return bcrypt.hashSync(task.input, task.salt);
  return bcrypt.compareSync(task.input, task.hash);
}
