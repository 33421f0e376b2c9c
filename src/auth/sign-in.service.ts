import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { LimitsService } from '../limits/limits.service.js';
import { OpaqueTokenService } from '../tokens/opaque-token.service.js';
import { SessionsService } from '../tokens/sessions.service.js';
import type { LiveSession } from '../tokens/token-subject.js';
import { canonical } from '../users/canonical.js';
import { mayBeTaken } from '../users/identifiers.js';
import { PasswordHasher } from '../users/password-hasher.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import type { Client, Credentials, Door } from './door.js';
import { EmailVerificationService } from './by-mail/email-verification.service.js';
import { Notices } from './by-mail/notices.js';
import { type Grant, Grants } from './grant.js';
import { hashCaller } from './hash-caller.js';
import { SignInTrail } from './sign-in-trail.js';

/** Checks passwords and opens sessions. */
@Injectable()
export class SignInService {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly opaqueTokens: OpaqueTokenService,
    private readonly grants: Grants,
    private readonly verification: EmailVerificationService,
    private readonly trail: SignInTrail,
    private readonly limits: LimitsService,
    private readonly notices: Notices,
    private readonly config: Config,
  ) {}

  /**
   * The account whose name and password these are. Every refusal costs the same, and only the right password learns
   * that an account may not be used.
   * @throws {AuthError} `account_unknown`, `password_wrong`, `account_deactivated`, `account_pending`,
   *   `email_unverified`, `too_many_attempts` or `hashing_overloaded`
   */
  async authenticate(door: Door, credentials: Credentials, client: Client): Promise<User> {
    const { identifier, password } = credentials;
    // Rules for names are for those who choose one: whoever has a name signs in by it.
    const user = mayBeTaken(identifier) ? await this.users.findByName(door.signsInBy, identifier) : undefined;
    try {
      const owner = await this.owner(door, user, credentials, client);
      await this.demandUsable(door, owner, identifier, client);
      await this.rehash(owner, password, client);
      return owner;
    } catch (error) {
      if (error instanceof AuthError)
        this.trail.refused(
          door,
          { accountId: user?.id, identifier: canonical(door.signsInBy, identifier) },
          error.code,
          client,
        );
      throw error;
    }
  }

  /** The account, if the password is its own. */
  private async owner(
    door: Door,
    user: User | undefined,
    { identifier, password }: Credentials,
    client: Client,
  ): Promise<User> {
    const hasProvedEmail = user && user.emailVerifiedAt !== null;
    const target = {
      kind: door.signsInBy,
      name: canonical(door.signsInBy, identifier),
      accountId: user?.id,
      hasProvedEmail,
    };
    let isRight = false;
    const compare = async (isKnown: boolean): Promise<boolean> => {
      isRight = await this.hasher.verify(password, user?.passwordHash, hashCaller(client, '', isKnown));
      // The right password of a deactivated account is no better than a wrong one: both tell that the account is there.
      return isRight && user?.status !== 'deactivated';
    };
    const beforeWaiting = (): void => client.endTurn();
    const { wasLast } = await this.limits.passwordTry(target, client.ip, compare, { beforeWaiting });
    if (!user) throw new AuthError('account_unknown', { identifier });
    if (wasLast) this.notices.strangersShutOut(user, 'password', client);
    if (!isRight) throw new AuthError('password_wrong', { identifier });
    return user;
  }

  private async demandUsable(door: Door, user: User, identifier: string, client: Client): Promise<void> {
    if (user.status === 'deactivated') throw new AuthError('account_deactivated', { identifier });
    if (door.signsInBy === 'email' && !this.verification.isVerified(user))
      throw await this.verification.refuse(user, client);
    if (user.status === 'pending') throw new AuthError('account_pending', { identifier });
  }

  /** Opens a session with JWTs. @throws {AuthError} `password_wrong` if the account's sessions were ended meanwhile */
  async open(door: Door, user: User, client: Client): Promise<Grant> {
    const session = await this.openSession(door, user, client);
    return this.grants.of(door, session, user);
  }

  /** Opens a session with an opaque token. @throws {AuthError} as `open` */
  async openOpaque(door: Door, user: User, client: Client): Promise<string> {
    const token = this.opaqueTokens.generate();
    await this.openSession(door, user, client, this.opaqueTokens.hash(token));
    return token;
  }

  private async openSession(door: Door, user: User, client: Client, secretHash?: string): Promise<LiveSession> {
    const session = await this.sessions.open({
      accountId: user.id,
      epoch: user.securityEpoch,
      contract: door.name,
      lifetimeSeconds: door.sessionLifetime(this.config),
      secretHash,
      ip: client.ip,
      userAgent: client.userAgent,
    });
    if (!session) throw this.endedMeanwhile(door, user, client);
    this.trail.opened(door, session, client);
    return session;
  }

  /** The refusal of a sign-in whose account changed since its password was compared. */
  private endedMeanwhile(door: Door, { id }: User, client: Client): AuthError {
    this.trail.refused(door, { accountId: id }, 'password_wrong', client);
    return new AuthError('password_wrong');
  }

  /** Brings the stored hash to the configured cost. An overloaded queue may leave that to the next sign-in. */
  private async rehash(user: User, password: string, client: Client): Promise<void> {
    if (!this.hasher.needsRehash(user.passwordHash)) return;
    try {
      await this.users.replaceHash(user.id, user.passwordHash, await this.hasher.hash(password, hashCaller(client)));
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
    }
  }
}
