import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/audit-log.js';
import { AuditTrail } from '../../audit/audit-trail.js';
import { Config } from '../../config/env.js';
import { AuthError, DeadLinkError } from '../../errors/auth-error.js';
import { LimitsService } from '../../limits/limits.service.js';
import { KnownNetworks } from '../../limits/known-networks.js';
import type { Mail } from '../../mail/mail.js';
import { MailQueue } from '../../mail/mail-queue.js';
import { OneTimeTokensService } from '../../tokens/one-time-tokens.service.js';
import { EpochsService } from '../../users/epochs.service.js';
import { canonical } from '../../users/canonical.js';
import { isNewUsername } from '../../users/identifiers.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import { PasswordPolicy } from '../../users/password-policy.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import type { Client } from '../door.js';
import { Doors } from '../doors.js';
import { hashCaller } from '../hash-caller.js';
import { namesOf } from '../names-of.js';
import { EmailProofs } from './email-proofs.service.js';
import { type JobOf, ofAccount } from './mail-jobs.js';
import { MailRequests } from './mail-requests.js';
import type { EmailLink } from './link-password.service.js';
import { type MailedClaim, MailedLinks } from './mailed-links.service.js';
import { passwordResetMail, passwordResetsMail } from './link-mails.js';
import { Notices } from './notices.js';
import { RevocationService } from '../sessions/revocation.service.js';

/** What the page of a link asks for. */
export interface NewPasswordQuestion {
  /** The address whose account the link is for. */
  readonly email: string;
  /** What front ends that the account uses may demand of a password, by the names of their contracts. */
  readonly rules: readonly (readonly [contract: string, rule: string])[];
}

/** The refusal of a new password at a link that stays good, so that its page can ask again. */
export class PasswordRefusal extends AuthError {
  constructor(
    readonly question: NewPasswordQuestion,
    cause: unknown,
  ) {
    super('password_invalid', { identifier: question.email, cause });
  }
}

/** Lets an account have a new password by a link that is mailed to it. */
@Injectable()
export class PasswordResetService {
  constructor(
    private readonly users: UsersService,
    private readonly epochs: EpochsService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly links: MailedLinks,
    private readonly proofs: EmailProofs,
    private readonly tokens: OneTimeTokensService,
    private readonly requests: MailRequests,
    private readonly mails: MailQueue,
    private readonly revocation: RevocationService,
    private readonly networks: KnownNetworks,
    private readonly limits: LimitsService,
    private readonly notices: Notices,
    private readonly audit: AuditLog,
    private readonly trail: AuditTrail,
    private readonly doors: Doors,
    private readonly config: Config,
  ) {}

  /** Mails a link to whoever asks for one. Says nothing, whether there is such an account or not. */
  async request(email: string, client: Client): Promise<void> {
    await this.requests.enqueue(client, email, (from) => ({ kind: 'reset_password_requested', email, from }));
  }

  /** Mails a link that somebody else asked for, an administrator say, however lately there was another. */
  async mailLink({ id: accountId, email }: User, { ip: from }: Client): Promise<void> {
    if (email === null) return;
    await this.mails.enqueue({ kind: 'reset_password', accountId }, { owner: ofAccount(accountId), to: email, from });
  }

  /** What to ask whoever has a link. Looking does not use the link up. @throws {DeadLinkError} */
  async questionOf(token: string): Promise<NewPasswordQuestion> {
    return this.question(await this.look(token));
  }

  /**
   * Sets the password of a link's account, which proves its address and takes it from all others that claim it; a PIN that
   * was set before that goes. Ends all its sessions and links. What is refused leaves the link good. Of two who use it at once, one wins.
   * @throws {DeadLinkError | PasswordRefusal}
   * @throws {AuthError} `hashing_overloaded`
   */
  async reset(token: string, password: string, client: Client): Promise<void> {
    const link = await this.look(token);
    const { user, email } = link;
    client.identify(user.id);
    await this.demandAcceptable(password, link);
    await this.limits.hashingByLink(user.id, client.ip);
    const passwordHash = await this.hasher.hash(password, hashCaller(client));
    if (!(await this.tokens.consume(token, 'reset_password'))) return this.refuse(token);
    const owned = { email, usernameFits: isNewUsername(email) };
    const isReset = await this.revocation.ending(user.id, 'password_changed', (because) =>
      this.epochs.resetPassword(user.id, because, owned, passwordHash),
    );
    if (!isReset) {
      await this.tokens.wasInVain(token);
      return this.refuse(token);
    }
    const detail = await this.proofs.endOtherClaims(user.id, email);
    await this.tokens.endAll(user.id, 'address_confirmed', 'verify_email');
    // Whoever had the old password may have made a network of his known, which has a budget of its own.
    await this.networks.forget(user.id);
    await this.limits.beginAnew(user.id, namesOf(user), client.ip);
    await this.notices.passwordReset(user.id, email, client);
    this.audit.record({ kind: 'password_reset', from: client, accountId: user.id, actorId: user.id, detail });
  }

  private async look(token: string): Promise<EmailLink> {
    const link = await this.links.find(token, 'reset_password');
    return link ?? this.refuse(token);
  }

  private async refuse(token: string): Promise<never> {
    throw new DeadLinkError(await this.links.fateOf(token, 'reset_password'));
  }

  private async demandAcceptable(password: string, link: EmailLink): Promise<void> {
    try {
      this.policy.demand(password, 'native', link.user);
    } catch (error) {
      throw error instanceof AuthError ? new PasswordRefusal(await this.question(link), error) : error;
    }
  }

  private async question({ user, email }: EmailLink): Promise<NewPasswordQuestion> {
    const used = await this.trail.doorsOf(user.id);
    const rules = this.doors.all.flatMap(({ name, passwordRule }): [string, string][] =>
      passwordRule !== undefined && used.includes(name) ? [[name, passwordRule]] : [],
    );
    return { email, rules };
  }

  /** The mail with links for the accounts that have an address now. */
  async composeRequested(
    job: JobOf<'reset_password_requested'>,
    mailId: string,
    isFirst: boolean,
  ): Promise<Mail | undefined> {
    const claims = await this.requests.claimsOf(job, mailId);
    if (!claims) return undefined;
    if (isFirst) this.recordRequest(job, claims);
    return this.mailOf(claims, this.config.MAIL_QUIET);
  }

  /** The mail with a link to the address that an account has now. */
  async compose(accountId: number, mailId: string): Promise<Mail | undefined> {
    const user = await this.users.findById(accountId);
    return user && this.mailOf([{ user, mailId }], 0);
  }

  private recordRequest({ email, from }: JobOf<'reset_password_requested'>, claims: readonly MailedClaim[]): void {
    const whom =
      claims.length > 0
        ? claims.map(({ user }) => ({ accountId: user.id }))
        : [{ identifier: canonical('email', email) }];
    for (const one of whom) this.audit.record({ kind: 'password_reset_requested', from, ...one });
  }

  private async mailOf(claims: readonly MailedClaim[], quietSeconds: number): Promise<Mail | undefined> {
    const links = await this.links.ofClaims(claims, 'reset_password', quietSeconds);
    const [first] = links;
    if (!first) return undefined;
    return links.length === 1 ? passwordResetMail(first.to, first) : passwordResetsMail(first.to, links);
  }
}
