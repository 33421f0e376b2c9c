import type { TriedName } from '../limits/act-budgets.js';
import { canonical } from '../users/canonical.js';
import type { User } from '../users/user.entity.js';

/** Names that an account can be tried under: never an older key, which budgets do not go by. */
export function namesOf({ username, email }: Pick<User, 'username' | 'email'>): TriedName[] {
  return [
    ...(username === null ? [] : [{ kind: 'username', name: canonical('username', username) } as const]),
    ...(email === null ? [] : [{ kind: 'email', name: canonical('email', email) } as const]),
  ];
}
