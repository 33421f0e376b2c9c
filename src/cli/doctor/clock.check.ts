import type { DataSource } from 'typeorm';
import type { Config } from '../../config/env.js';
import { AuditEvent } from '../../audit/audit-event.entity.js';
import { SigningKey } from '../../tokens/signing-key.entity.js';
import { fail, type Finding, ok, warn } from './finding.js';

/** How far clocks may be apart without a word, and without harm, in milliseconds. */
const NOTICEABLE_MS = 2000;
const HARMFUL_MS = 60_000;

/** Whether this machine's clock agrees with the database's, and with the times that are stored. */
export async function checkClock(store: DataSource, { DATABASE_URL }: Config): Promise<Finding[]> {
  return [...(DATABASE_URL ? [await checkAgainstPostgres(store)] : []), await checkAgainstStored(store)];
}

async function checkAgainstPostgres(store: DataSource): Promise<Finding> {
  const asked = Date.now();
  const [row] = await store.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  const answered = Date.now();
  const theirs = (row?.now ?? new Date(NaN)).getTime();
  // Within the time that the question took, nothing can be told.
  const apartMs = Math.max(0, theirs - answered, asked - theirs);
  const found = `the clocks here and of the database are ${(apartMs / 1000).toFixed(1)} s apart`;
  if (apartMs < NOTICEABLE_MS) return ok('clock', found);
  return (apartMs < HARMFUL_MS ? warn : fail)('clock', found, 'let both follow a time server (NTP)');
}

async function checkAgainstStored(store: DataSource): Promise<Finding> {
  const newest = await newestStored(store);
  if (!newest) return ok('clock', 'nothing is stored yet that it could be compared with');
  return newest.getTime() > Date.now() + HARMFUL_MS
    ? fail(
        'clock',
        `it is ${new Date().toISOString()} here, and something was stored at ${newest.toISOString()}`,
        'set the clock of this machine right: tokens of the future are refused, and old ones live longer',
      )
    : ok('clock', `nothing was stored in the future; the newest is of ${newest.toISOString()}`);
}

/** Of the tables whose newest row is found by an index or that are small. */
async function newestStored(store: DataSource): Promise<Date | undefined> {
  const [event] = await store.getRepository(AuditEvent).find({ order: { id: 'DESC' }, take: 1 });
  const [key] = await store.getRepository(SigningKey).find({ order: { sequence: 'DESC' }, take: 1 });
  const times = [event?.at, key?.createdAt].filter((time) => time !== undefined);
  return times.sort((one, other) => other.getTime() - one.getTime())[0];
}
