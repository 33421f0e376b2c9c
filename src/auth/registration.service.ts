import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Usage } from '../audit/usage.js';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { LimitsService } from '../limits/limits.service.js';
import { ClaimsStore } from '../users/claims.store.js';
import { isNewUsername } from '../users/identifiers.js';
import { PasswordHasher } from '../users/password-hasher.js';
import { PasswordPolicy } from '../users/password-policy.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import type { Client, Door } from './door.js';
import { hashCaller } from './hash-caller.js';
import { ChosenAddresses } from './by-mail/chosen-addresses.js';
import { EmailVerificationService } from './by-mail/email-verification.service.js';
import type { Grant } from './grant.js';
import { SignInService } from './sign-in.service.js';

/** What a person registers with: a username, an e-mail address, or both. */
export interface Registration {
  readonly username?: string;
  readonly email?: string;
  readonly password: string;
}

/** Makes accounts. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UsersService,
    private readonly claims: ClaimsStore,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly signIn: SignInService,
    private readonly verification: EmailVerificationService,
    private readonly addresses: ChosenAddresses,
    private readonly limits: LimitsService,
    private readonly audit: AuditLog,
    private readonly usage: Usage,
    private readonly config: Config,
  ) {}

  /**
   * Makes an account. One that has only an e-mail address stays pending until that is verified, and is mailed the link.
   * @throws {AuthError} `username_invalid`, `email_invalid`, `password_invalid`, `username_taken`, `email_taken`,
   *   `too_many_attempts` or `hashing_overloaded`
   */
  async register(registration: Registration, client: Client): Promise<User> {
    this.demandAcceptable(registration);
    const { username, email, password } = registration;
    const pending = username === undefined && this.config.EMAIL_VERIFICATION;
    const tried = await this.limits.registration(client.ip);
    const passwordHash = await this.hasher.hash(password, hashCaller(client)).catch(async (error: unknown) => {
      await tried.giveBack();
      throw error;
    });
    const user = await this.users.insert({
      username,
      email,
      passwordHash,
      status: pending ? 'pending' : 'active',
      through: client.door,
    });
    client.identify(user.id);
    this.usage.count(client.door, 'registrations');
    this.audit.record({ kind: 'registered', from: client, accountId: user.id, actorId: user.id });
    if (pending) await this.verification.sendLink(user, client);
    return user;
  }

  /** Makes an account and opens its first session. @throws {AuthError} as `register` */
  async registerAndSignIn(door: Door, registration: Registration, client: Client): Promise<Grant> {
    const user = await this.register(registration, client);
    return this.signIn.open(door, user, client).catch(async (error: unknown) => {
      throw (await this.overtaken(registration, error)) ?? error;
    });
  }

  /** The refusal of a registration whose account was removed again, since another one proved the address meanwhile. */
  private async overtaken({ email }: Registration, cause: unknown): Promise<AuthError | undefined> {
    if (email === undefined || !(cause instanceof AuthError) || !(await this.claims.isProved(email))) return undefined;
    return new AuthError('email_taken', { cause, identifier: email });
  }

  /**
   * Refuses names that somebody has, for a contract that says so before it looks at the password. Who gets a name is
   * decided by the unique index all the same. Learning that names are free costs as much as taking them: what was
   * counted is given back only to what can be registered, and is counted there.
   * @param read the rest of what is asked for
   * @throws {AuthError} as `register`, and whatever `read` throws
   */
  async refuseTaken(
    { username, email }: Required<Omit<Registration, 'password'>>,
    { ip }: Client,
    read: () => Promise<Registration>,
  ): Promise<void> {
    this.demandNames({ username, email });
    const tried = await this.limits.registration(ip);
    const taken = await this.users.takenName({ username, email });
    if (taken) throw taken;
    this.demandAcceptable(await read());
    await tried.giveBack();
  }

  private demandAcceptable({ username, email, password }: Registration): void {
    this.demandNames({ username, email });
    this.policy.demand(password, 'contract', { username, email });
  }

  private demandNames({ username, email }: Omit<Registration, 'password'>): void {
    if (username !== undefined && !isNewUsername(username)) throw new AuthError('username_invalid');
    if (email !== undefined) this.addresses.demand(email);
  }
}
