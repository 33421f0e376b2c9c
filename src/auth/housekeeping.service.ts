import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { BY_SERVICE } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { BudgetStore } from '../limits/budget-store.js';
import { KnownNetworks } from '../limits/known-networks.js';
import { OneTimeTokensService } from '../tokens/one-time-tokens.service.js';
import { Revocations } from '../tokens/revocations.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import { RevocationService } from './sessions/revocation.service.js';

const DAY_MS = 86_400_000;

/**
 * How long a revocation may have been begun without being taken for one that a crash cut short, in milliseconds. A change
 * of password would lose the session it keeps if a round came between its steps.
 */
const UNDER_WAY_MS = 10_000;

/** How many pending accounts one round removes at most. */
const BATCH = 500;

/** Finishes what a crash left half done, at start and every minute, and removes what is no longer needed. */
@Injectable()
export class HousekeepingService implements OnApplicationBootstrap {
  private readonly logger = new Logger(HousekeepingService.name);
  private running = false;

  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly links: OneTimeTokensService,
    private readonly revocations: Revocations,
    private readonly revocation: RevocationService,
    private readonly budgets: BudgetStore,
    private readonly networks: KnownNetworks,
    private readonly audit: AuditLog,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Revocations that are due come before the first request: their tokens must not be served. */
  async onApplicationBootstrap(): Promise<void> {
    await this.revocation.finishDue();
    if (!this.config.EMAIL_VERIFICATION) await this.users.activatePending();
  }

  /** One round. A store that fails costs this round; rounds do not overlap. */
  @Interval(60_000)
  async everyMinute(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      await this.revocation.finishDue(new Date(this.clock.nowMs() - UNDER_WAY_MS));
      await this.sweep();
    } catch (error) {
      this.logger.error({ message: 'Housekeeping failed; it is tried again in a minute.', error });
    } finally {
      this.running = false;
    }
  }

  /** Removes accounts that stayed pending, sessions and links that ended a day ago, and what is old enough of the rest. */
  async sweep(): Promise<void> {
    const now = this.clock.nowMs();
    this.revocations.prune();
    const overdue = await this.users.pendingSince(new Date(now - this.config.PENDING_ACCOUNT_DAYS * DAY_MS), BATCH);
    for (const id of overdue) await this.sweepPending(id);
    const before = new Date(now - DAY_MS);
    while (await this.sessions.sweep(before));
    while (await this.links.sweep(before));
    while (await this.budgets.sweep(before));
    while (await this.networks.sweep());
    while (await this.audit.sweep(new Date(now - this.config.AUDIT_RETENTION_DAYS * DAY_MS)));
  }

  private async sweepPending(accountId: number): Promise<void> {
    if (!(await this.revocation.deletePending(accountId))) return;
    this.audit.record({ kind: 'pending_account_swept', from: BY_SERVICE, actor: BY_SERVICE.actor, accountId });
  }
}
