import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../config/clock.js';
import { SessionsService } from '../../tokens/sessions.service.js';

const FLUSH_MS = 5000;

/** How exact `last_seen_at` is, in milliseconds: a session's is written at most so often. */
const EXACT_MS = 60_000;

/** How many sessions' last uses an instance remembers, so as not to write them again. */
const REMEMBERED_SESSIONS = 50_000;

/** Collects when sessions were last used and writes it every few seconds, never on the path of a request. */
@Injectable()
export class SessionActivity implements OnModuleDestroy {
  private readonly logger = new Logger(SessionActivity.name);
  private readonly noted = new LRUCache<string, number>({ max: REMEMBERED_SESSIONS });
  private waiting = new Set<string>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {}

  note(sessionId: string): void {
    const nowMs = this.clock.nowMs();
    // Either way: a clock may have been put back.
    if (Math.abs(nowMs - (this.noted.get(sessionId) ?? 0)) < EXACT_MS) return;
    this.noted.set(sessionId, nowMs);
    this.waiting.add(sessionId);
  }

  /** Writes what was collected. A store that fails costs these times and nothing else. Flushes do not overlap. */
  @Interval(FLUSH_MS)
  async flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }

  private async write(): Promise<void> {
    const waiting = this.waiting;
    this.waiting = new Set();
    try {
      await this.sessions.noteSeen([...waiting]);
    } catch (error) {
      this.logger.warn({ message: 'Last uses of sessions could not be written.', sessions: waiting.size, error });
    }
  }
}
