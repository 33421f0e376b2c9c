import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { BY_SERVICE } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { BudgetStore } from '../limits/budget-store.js';
import { KnownNetworks } from '../limits/known-networks.js';
import { OneTimeTokensService } from '../tokens/one-time-tokens.service.js';
import { CLOCK_MARGIN_SECONDS, Revocations } from '../tokens/revocations.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { TokenLifetimes } from '../tokens/token-lifetimes.js';
import { EmailsStore } from '../users/emails.store.js';
import { UsersService } from '../users/users.service.js';
import { RevocationService } from './sessions/revocation.service.js';

const DAY_MS = 86_400_000;

/** How long the page of an expired link still says what became of it. */
const LINK_MEMORY_DAYS = 7;

/** Pending accounts, and deleted ones, that one round removes at most. */
const BATCH = 500;

/** Removes what is no longer needed, every minute. */
@Injectable()
export class HousekeepingService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HousekeepingService.name);
  private round: Promise<void> | undefined;
  private isClosing = false;

  constructor(
    private readonly users: UsersService,
    private readonly emails: EmailsStore,
    private readonly sessions: SessionsService,
    private readonly links: OneTimeTokensService,
    private readonly revocations: Revocations,
    private readonly revocation: RevocationService,
    private readonly budgets: BudgetStore,
    private readonly networks: KnownNetworks,
    private readonly audit: AuditLog,
    private readonly lifetimes: TokenLifetimes,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.EMAIL_VERIFICATION) return this.emails.distrustClaims();
    await this.users.activatePending();
    await this.emails.trustClaims();
  }

  /** One round. A store that fails costs this round; rounds do not overlap. */
  @Interval(60_000)
  async everyMinute(): Promise<void> {
    this.round ??= this.sweep()
      .catch((error: unknown) => {
        this.logger.error({ message: 'Housekeeping failed; it is tried again in a minute.', error });
      })
      .finally(() => (this.round = undefined));
    return this.round;
  }

  /** Breaks the round under way off: what is left is removed after the next start. */
  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    await this.round;
  }

  /**
   * Removes accounts that stayed pending, sessions that ended a day ago, and what is old enough of the rest. What
   * fails keeps nothing from the others.
   * @throws the first failure
   */
  async sweep(): Promise<void> {
    const now = this.clock.nowMs();
    const before = new Date(now - DAY_MS);
    this.revocations.prune();
    const sweeps = [
      () => this.sweepAllPending(new Date(now - this.config.PENDING_ACCOUNT_DAYS * DAY_MS)),
      () => this.removeAllDeleted(new Date(now - this.longestTokenMs)),
      () => this.untilDone(() => this.sessions.sweep(before)),
      () => this.untilDone(() => this.links.sweep(new Date(now - LINK_MEMORY_DAYS * DAY_MS))),
      () => this.untilDone(() => this.budgets.sweep()),
      () => this.untilDone(() => this.networks.sweep()),
      () => this.untilDone(() => this.audit.sweep(new Date(now - this.config.AUDIT_RETENTION_DAYS * DAY_MS))),
    ];
    const failures: unknown[] = [];
    for (const sweep of sweeps) await sweep().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  private async sweepAllPending(before: Date): Promise<void> {
    for (const id of await this.users.pendingSince(before, BATCH)) await this.each(id, () => this.sweepPending(id));
  }

  private async removeAllDeleted(before: Date): Promise<void> {
    for (const id of await this.users.deletedBefore(before, BATCH)) await this.each(id, () => this.removeDeleted(id));
  }

  /** A failure for one account keeps nothing from the others. */
  private async each(accountId: number, act: () => Promise<void>): Promise<void> {
    if (this.isClosing) return;
    await act().catch((error: unknown) => {
      this.logger.error({
        message: 'An account could not be removed; it is tried again in a minute.',
        accountId,
        error,
      });
    });
  }

  private async removeDeleted(accountId: number): Promise<void> {
    await this.revocation.forget(accountId);
    await this.users.removeDeleted(accountId);
  }

  /** How long a token of a deleted account may be alive, in milliseconds. */
  private get longestTokenMs(): number {
    return (this.lifetimes.longestSeconds + CLOCK_MARGIN_SECONDS) * 1000;
  }

  private async sweepPending(accountId: number): Promise<void> {
    if (!(await this.revocation.deletePending(accountId))) return;
    this.audit.record({ kind: 'pending_account_swept', from: BY_SERVICE, actor: BY_SERVICE.actor, accountId });
  }

  /** @param sweep answers whether there may be more */
  private async untilDone(sweep: () => Promise<boolean>): Promise<void> {
    while (!this.isClosing && (await sweep()));
  }
}
