import { Injectable } from '@nestjs/common';

/** The time, as everything in Latchkey reads it; tests move `offsetMs` instead of sleeping. */
@Injectable()
export class Clock {
  /** How far this clock runs ahead of the machine's, in milliseconds; 0 outside tests. */
  offsetMs = 0;

  now(): Date {
    return new Date(this.nowMs());
  }

  /** Milliseconds since the epoch. */
  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  /** Whole seconds since the epoch, as JWTs count (RFC 7519 §2, NumericDate). */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }
}
