import { Injectable } from '@nestjs/common';
import { Sql } from '../database/sql.js';
import { countingSession } from './epoch-move.js';

/** Wrong PINs in a row that lock PIN checks. */
export const PIN_TRIES = 5;

/** How long PIN checks stay locked, in seconds. */
export const PIN_LOCK_SECONDS = 15 * 60;

/** True while the session that acts counts: one that was ended meanwhile changes nothing. */
const BY_LIVE_SESSION = `EXISTS (${countingSession('sessionId')})`;

/** The statements on an account's PIN. */
@Injectable()
export class PinsStore {
  constructor(private readonly sql: Sql) {}

  /**
   * Replaces the PIN that was there when the caller looked (null: none), as a session that counts. Answers whether both
   * still were so.
   */
  async replace(id: number, seenHash: string | null, pinHash: string | null, sessionId: string): Promise<boolean> {
    const rows = await this.sql.rows(
      `UPDATE users SET pin_hash = :pinHash, pin_set_at = {now}, pin_set_in = :sessionId::uuid, pin_failures = 0, pin_locked_until = NULL, updated_at = {now}
       WHERE id = :id AND deleted_at IS NULL AND COALESCE(pin_hash, '') = COALESCE(:seenHash::text, '') AND ${BY_LIVE_SESSION}
       RETURNING id`,
      { id, seenHash, pinHash, sessionId },
    );
    return rows.length === 1;
  }

  /**
   * Counts a try before it is compared, so that parallel guesses cannot slip through; the fifth in a row locks.
   * Answers whether the try is allowed. `lockUntil` is when a lock that starts now would end.
   */
  async countTry(id: number, lockUntil: Date): Promise<boolean> {
    const failures = 'CASE WHEN pin_locked_until IS NULL THEN pin_failures ELSE 0 END + 1';
    const rows = await this.sql.rows(
      `UPDATE users SET pin_failures = ${failures},
         pin_locked_until = CASE WHEN ${failures} >= ${PIN_TRIES} THEN :lockUntil::timestamptz END
       WHERE id = :id AND (pin_locked_until IS NULL OR pin_locked_until <= {now}) RETURNING id`,
      { id, lockUntil },
    );
    return rows.length === 1;
  }

  /** Takes a counted try back, which was not compared after all. */
  async takeTryBack(id: number): Promise<void> {
    await this.sql.rows(
      'UPDATE users SET pin_failures = pin_failures - 1, pin_locked_until = NULL WHERE id = :id AND pin_failures > 0',
      { id },
    );
  }

  /** Forgets the failures, and ends a lock. */
  async unlock(id: number): Promise<void> {
    await this.sql.rows(
      'UPDATE users SET pin_failures = 0, pin_locked_until = NULL WHERE id = :id AND deleted_at IS NULL',
      { id },
    );
  }

  /** Forgets the failures, after a PIN that was right. */
  async forgetFailures(id: number, checkedHash: string): Promise<void> {
    await this.sql.rows(
      'UPDATE users SET pin_failures = 0, pin_locked_until = NULL WHERE id = :id AND pin_hash = :checkedHash',
      { id, checkedHash },
    );
  }
}
