import { randomBytes } from 'node:crypto';

/** A person whose name and password every contract accepts, and whom no other test knows. */
export interface Person {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/** Passwords that satisfy both cookie (a special character) and opaque-token (none) do not exist: most tests need only one. */
export function newPerson(password = 'Secret1234'): Person {
  const username = `u${randomBytes(6).toString('hex')}`;
  return { username, email: `${username}@example.com`, password };
}
