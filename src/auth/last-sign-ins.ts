import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { UsersService } from '../users/users.service.js';

const FLUSH_MS = 1000;

/** Collects when accounts signed in and writes it once a second, off the path of the sign-ins. */
@Injectable()
export class LastSignIns implements OnModuleDestroy {
  private readonly logger = new Logger(LastSignIns.name);
  private times = new Map<number, Date>();
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly users: UsersService) {}

  note(accountId: number, at: Date): void {
    this.times.set(accountId, at);
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
    const times = this.times;
    this.times = new Map();
    try {
      await this.users.noteSignIns(times);
    } catch (error) {
      this.logger.warn({ message: 'Times of sign-ins could not be written.', accounts: times.size, error });
    }
  }
}
