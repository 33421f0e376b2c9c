import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { OneTimeTokensService } from '../tokens/one-time-tokens.service.js';
import { Revocations } from '../tokens/revocations.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { UsersService } from '../users/users.service.js';
import { RevocationService } from './revocation.service.js';

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

  /** Removes accounts that stayed pending, and sessions and links that ended a day ago. */
  async sweep(): Promise<void> {
    const now = this.clock.nowMs();
    this.revocations.prune();
    const overdue = await this.users.pendingSince(new Date(now - this.config.PENDING_ACCOUNT_DAYS * DAY_MS), BATCH);
    for (const id of overdue) await this.revocation.deletePending(id);
    const before = new Date(now - DAY_MS);
    while (await this.sessions.sweep(before));
    while (await this.links.sweep(before));
  }
}
