import { ON_COMMAND_LINE } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import { type Config, readEnvironment } from '../config/env.js';
import { ClaimsStore } from '../users/claims.store.js';
import { isNewUsername, USERNAME_MAX_LENGTH } from '../users/identifiers.js';
import { BY_ITSELF } from '../users/hashing-pool.js';
import { PasswordHasher } from '../users/password-hasher.js';
import { PASSWORD_MIN_LENGTH, PasswordPolicy } from '../users/password-policy.js';
import { UsersModule } from '../users/users.module.js';
import { UsersService } from '../users/users.service.js';
import { demandEmail } from './chosen-email.js';
import { CommandError } from './command-error.js';
import { migrateEmptyStore } from './migrate.js';
import { print, remark } from './output.js';
import { askForNewPassword } from './password-prompt.js';
import { withServices } from './services.js';

interface Names {
  readonly username: string;
  readonly email?: string;
}

/** `latchkey admin create NAME`. @throws {CommandError} for names or a password that the account cannot have */
export async function createAdmin(username: string, { email }: { readonly email?: string }): Promise<void> {
  const names: Names = { username, ...(email !== undefined && { email }) };
  demandUsername(username);
  // One password is hashed, so one thread is enough.
  const config = Object.assign(readEnvironment(), { HASH_THREADS: 1 });
  if (email !== undefined) await demandEmail(email, config);
  await migrateEmptyStore(config);
  await withServices(config, { imports: [UsersModule] }, async (services) => {
    const users = services.get(UsersService);
    await refuseTaken(users, services.get(ClaimsStore), names);
    const password = await askForNewPassword();
    demandPassword(services.get(PasswordPolicy), password, names);
    const passwordHash = await services.get(PasswordHasher).hash(password, BY_ITSELF);
    const { id } = await users.insert({
      ...names,
      passwordHash,
      status: 'active',
      isAdmin: true,
      through: ON_COMMAND_LINE.door,
    });
    services.get(AuditLog).record({
      kind: 'account_created',
      from: ON_COMMAND_LINE,
      actor: ON_COMMAND_LINE.actor,
      accountId: id,
      detail: { is_admin: true },
    });
    print(`created administrator ${username}, account ${id}`);
    if (email !== undefined && config.EMAIL_VERIFICATION) remark(verification(email, config));
  });
}

function verification(email: string, { PUBLIC_URL }: Config): string {
  return `${email} counts once it is verified: POST ${PUBLIC_URL}/verify/resend with ${JSON.stringify({ email })} mails the link.`;
}

function demandUsername(username: string): void {
  if (!isNewUsername(username))
    throw new CommandError(
      `A username has 1 to ${USERNAME_MAX_LENGTH} characters, none of them a control character or an invisible one, and no white space around it.`,
    );
}

/** Before a password is asked for in vain; the unique index decides all the same. */
async function refuseTaken(users: UsersService, claims: ClaimsStore, { username, email }: Names): Promise<void> {
  if (await users.findByName('username', username))
    throw new CommandError(`The username ${username} is taken; nothing was changed.`);
  if (email !== undefined && (await claims.isProved(email)))
    throw new CommandError(`The e-mail address ${email} is taken; nothing was changed.`);
}

function demandPassword(policy: PasswordPolicy, password: string, names: Names): void {
  try {
    policy.demand(password, 'native', names);
  } catch (cause) {
    throw new CommandError(
      `The password is not acceptable: it needs ${PASSWORD_MIN_LENGTH} characters beside the account's names, and must not be among the most common ones.`,
      { cause },
    );
  }
}
