import { DataSource } from 'typeorm';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { User } from '../../src/users/user.entity.js';
import type { Service } from './service.js';

/** The stored row of an account, once the times of sign-ins are written that wait for that. */
export async function accountOf({ app }: Service, { username }: { readonly username: string }): Promise<User> {
  await app.get(LastSignIns).flush();
  return app.get(DataSource).getRepository(User).findOneByOrFail({ username });
}

/** Changes an account behind the service's back, as only an operator can. */
export async function changeAccount(
  { app }: Service,
  { username }: { readonly username: string },
  change: Partial<User>,
): Promise<void> {
  await app.get(DataSource).getRepository(User).update({ username }, change);
}

/** Deactivates an account. */
export async function deactivate(service: Service, person: { readonly username: string }): Promise<void> {
  await service.app.get(RevocationService).deactivate((await accountOf(service, person)).id);
}
