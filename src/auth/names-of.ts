import type { TriedName } from '../limits/act-budgets.js';
import type { User } from '../users/user.entity.js';

/** Names that an account can be tried under. */
export function namesOf({ usernameKey, emailKey }: Pick<User, 'usernameKey' | 'emailKey'>): TriedName[] {
  return [
    ...(usernameKey === null ? [] : [{ kind: 'username', name: usernameKey } as const]),
    ...(emailKey === null ? [] : [{ kind: 'email', name: emailKey } as const]),
  ];
}
