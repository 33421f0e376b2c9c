import type { LoggerService } from '@nestjs/common';

/** How often a failure that goes on is told of, in milliseconds. */
const AGAIN_AFTER_MS = 60_000;

/** Tells of a failure that comes again and again: of the first at once, of those that follow once a minute. */
export class RepeatedFailure {
  private toldAtMs = -Infinity;

  constructor(private readonly logger: LoggerService) {}

  /** Something failed. */
  tell(line: object): void {
    const nowMs = performance.now();
    if (nowMs - this.toldAtMs < AGAIN_AFTER_MS) return;
    this.toldAtMs = nowMs;
    this.logger.warn(line);
  }

  /** It worked: the next failure is a new one. */
  end(): void {
    this.toldAtMs = -Infinity;
  }
}
