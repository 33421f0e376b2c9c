import { integer } from '../setting.js';

/** How passwords are hashed. */
export const PASSWORD_SETTINGS = {
  BCRYPT_COST: integer({ default: '10', about: 'The bcrypt cost of passwords; each step doubles the work.' }, 10, 15),
  HASH_THREADS: integer({ default: '0', about: 'Threads that hash passwords; 0 means one per core.' }, 0, 256),
  HASH_QUEUE_LIMIT: integer(
    { default: '256', about: 'How many hashes may wait before sign-ins are answered 503.' },
    1,
    100_000,
  ),
} as const;
