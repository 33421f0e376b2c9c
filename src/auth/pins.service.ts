import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import bcrypt from 'bcryptjs';
import { Config } from '../config/env.js';
import { ServiceSecret } from '../config/service-secret.js';
import { AuthError } from '../errors/auth-error.js';
import type { SessionStanding } from '../tokens/session-standing.js';
import { LimitsService } from '../limits/limits.service.js';
import { SessionStandings } from '../tokens/session-standings.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { type HashCaller, HashingPool } from '../users/hashing-pool.js';
import { isPin } from '../users/identifiers.js';
import { PIN_LOCK_SECONDS, PIN_TRIES, PinsStore } from '../users/pins.store.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { Clock } from '../config/clock.js';
import { ActTrail } from './act-trail.js';
import type { Principal } from './door.js';
import { hashCaller } from './hash-caller.js';
import { Notices } from './by-mail/notices.js';

/** How long a proved PIN counts as proved, in seconds. */
const PROOF_SECONDS = 5 * 60;

/** Sets PINs and checks them. A PIN is stored as bcrypt over its HMAC under a pepper that is not in the store. */
@Injectable()
export class PinsService {
  private readonly pepper: Buffer;

  constructor(
    private readonly users: UsersService,
    private readonly pins: PinsStore,
    private readonly pool: HashingPool,
    private readonly sessions: SessionsService,
    private readonly standings: SessionStandings,
    private readonly notices: Notices,
    private readonly limits: LimitsService,
    private readonly trail: ActTrail,
    private readonly config: Config,
    private readonly clock: Clock,
    secret: ServiceSecret,
  ) {
    this.pepper = secret.derive('pins');
  }

  /**
   * Sets the PIN, or changes it for one who is shown to be its owner: by the old PIN, by a proof of it within the last
   * five minutes, or by having signed in within `REAUTH_WINDOW`.
   * @throws {AuthError} `pin_invalid`, `token_account_gone`, `pin_proof_required`, `pin_wrong`, `pin_locked` or
   *   `hashing_overloaded`
   */
  async set(principal: Principal, pin: string, currentPin: string | undefined): Promise<void> {
    if (!isPin(pin)) throw new AuthError('pin_invalid');
    await this.trail.recorded(principal, { kind: 'pin_set' }, async () => {
      // A second try if another change came between: a front end may send a form twice.
      const isSet = (await this.trySet(principal, pin, currentPin)) || (await this.trySet(principal, pin, currentPin));
      if (!isSet) throw new AuthError('pin_proof_required');
    });
  }

  /** Proves the PIN, for five minutes in this session. @throws {AuthError} as `demand` */
  async verify(principal: Principal, pin: string): Promise<void> {
    const user = await this.account(principal);
    if (user.pinHash) await this.prove(user, principal, pin);
  }

  /** Removes the PIN of one who has shown to know it; without one there is nothing to remove. */
  async remove(principal: Principal): Promise<void> {
    const user = await this.account(principal);
    if (!user.pinHash) return;
    await this.trail.recorded(principal, { kind: 'pin_removed' }, async () => {
      if (!(await this.pins.replace(user.id, user.pinHash, null, principal.sessionId)))
        throw new AuthError('pin_proof_required');
    });
    await this.notices.pinChanged(user, principal.client);
  }

  /** Answers whether the PIN was still the one that was looked at. */
  private async trySet(principal: Principal, pin: string, currentPin: string | undefined): Promise<boolean> {
    const user = await this.account(principal);
    if (user.pinHash && currentPin !== undefined) await this.prove(user, principal, currentPin);
    else if (user.pinHash && !(await this.isOwnerShown(user, principal))) throw new AuthError('pin_proof_required');
    await this.limits.hashing(user.id, principal.client.ip);
    const caller = hashCaller(principal.client, principal.sessionId);
    const pinHash = await this.pool.hash(this.peppered(pin), bcrypt.genSaltSync(this.config.BCRYPT_COST), caller);
    if (!(await this.pins.replace(user.id, user.pinHash, pinHash, principal.sessionId))) return false;
    await this.limits.forgetPinFailures(user.id);
    await this.notices.pinChanged(user, principal.client);
    return true;
  }

  /**
   * Demands that the PIN was proved in this session within the last five minutes, or is given now; an account without
   * a PIN has nothing to prove.
   * @throws {AuthError} `token_account_gone`, `pin_proof_required`, `pin_wrong`, `pin_locked` or `hashing_overloaded`
   */
  async demand(principal: Principal, pin: string | undefined): Promise<void> {
    const user = await this.account(principal);
    if (!user.pinHash) return;
    if (pin !== undefined) return this.prove(user, principal, pin);
    const standing = await this.standings.of(principal.sessionId);
    if (!standing || !this.isProved(user, standing)) throw new AuthError('pin_proof_required');
  }

  private async account({ accountId }: Principal): Promise<User> {
    const user = await this.users.findById(accountId);
    if (!user) throw new AuthError('token_account_gone');
    return user;
  }

  private async prove(user: User, principal: Principal, pin: string): Promise<void> {
    await this.trail.recorded(principal, { kind: 'pin_proved' }, async () => {
      const { client } = principal;
      const isRight = (isKnown: boolean): Promise<boolean> => this.isRight(user, principal, pin, isKnown);
      const tried = await this.limits.pinTry(user.id, client.ip, isRight);
      if (tried.wasLast) this.notices.strangersShutOut(user, 'PIN', client);
      if (!tried.isRight || !user.pinHash) throw new AuthError('pin_wrong');
      await this.pins.forgetFailures(user.id, user.pinHash);
      await this.sessions.notePinProof(principal.sessionId, user.pinHash);
    });
  }

  /** Compares, within the tries that lock. @throws {AuthError} `pin_locked` or `hashing_overloaded` */
  private async isRight(user: User, principal: Principal, pin: string, isKnown: boolean): Promise<boolean> {
    const lockUntil = new Date(this.clock.nowMs() + PIN_LOCK_SECONDS * 1000);
    if (!(await this.pins.countTry(user.id, lockUntil))) throw this.locked(user);
    const caller = hashCaller(principal.client, principal.sessionId, isKnown);
    return user.pinHash !== null && this.compare(principal, pin, user.pinHash, caller);
  }

  /** What was not compared, for want of a thread, is no try. */
  private async compare({ accountId }: Principal, pin: string, pinHash: string, caller: HashCaller): Promise<boolean> {
    return this.pool.compare(this.peppered(pin), pinHash, caller).catch(async (error: unknown) => {
      await this.pins.takeTryBack(accountId);
      throw error;
    });
  }

  private locked({ pinLockedUntil }: User): AuthError {
    const remainingMs = (pinLockedUntil?.getTime() ?? 0) - this.clock.nowMs();
    const retryAfterSeconds = remainingMs > 0 ? Math.ceil(remainingMs / 1000) : PIN_LOCK_SECONDS;
    const limit = { name: 'pin', points: PIN_TRIES, seconds: PIN_LOCK_SECONDS };
    return new AuthError('pin_locked', { retryAfterSeconds, limit });
  }

  /** True if the account's present PIN was proved in this session within the last five minutes. */
  private isProved({ pinSetAt, pinSetIn }: User, { session, pinProvedAt }: SessionStanding): boolean {
    if (pinProvedAt === null || !this.isWithin(PROOF_SECONDS, pinProvedAt)) return false;
    return pinSetIn === session.id || pinSetAt === null || pinProvedAt >= pinSetAt;
  }

  private async isOwnerShown(user: User, { sessionId }: Principal): Promise<boolean> {
    const standing = await this.standings.of(sessionId);
    if (!standing) return false;
    return this.isWithin(this.config.REAUTH_WINDOW, standing.session.createdAt) || this.isProved(user, standing);
  }

  private isWithin(seconds: number, at: Date): boolean {
    return this.clock.nowMs() - at.getTime() < seconds * 1000;
  }

  private peppered(pin: string): string {
    return createHmac('sha256', this.pepper).update(pin).digest('base64');
  }
}
