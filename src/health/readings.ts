import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/env.js';
import { droppedLogLines } from '../logging/standard-output.js';
import { GivenUpMails } from '../mail/given-up-mails.js';
import { MailDelivery } from '../mail/mail-delivery.js';
import { Metrics, type Reading } from '../metrics/metrics.js';
import { KeyRing, type RingKey } from '../tokens/key-ring.js';
import { signerAt } from '../tokens/key-schedule.js';
import { RevocationFeed } from '../tokens/revocation-feed.js';
import { Revocations } from '../tokens/revocations.js';
import { HashingPool } from '../users/hashing-pool.js';

const DAY_SECONDS = 86_400;

/** What the metrics show of the state that the parts of the service are in. All of it is in memory. */
@Injectable()
export class Readings implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly pool: HashingPool,
    private readonly revocations: Revocations,
    private readonly feed: RevocationFeed,
    private readonly ring: KeyRing,
    private readonly audit: AuditLog,
    private readonly mails: MailDelivery,
    private readonly givenUp: GivenUpMails,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    for (const reading of [...this.queues(), ...this.keys()]) this.metrics.gauge(reading);
    this.metrics.counter({
      name: 'latchkey_audit_events_dropped_total',
      help: 'Audit events that were lost: too many waited, or the store refused them.',
      read: () => this.audit.lostCount,
    });
    this.metrics.counter({
      name: 'latchkey_mails_given_up_total',
      help: 'Mails that could not be sent and are not tried again. The audit trail says whose.',
      read: () => this.givenUp.count,
    });
    this.metrics.counter({
      name: 'latchkey_log_lines_dropped_total',
      help: 'Lines of the log that were lost: standard output could not be written, and too many waited.',
      read: droppedLogLines,
    });
  }

  private queues(): Reading[] {
    return [
      {
        name: 'latchkey_hash_queue_length',
        help: 'Hashes that wait for a thread.',
        read: () => this.pool.waitingCount,
      },
      { name: 'latchkey_hash_threads_busy', help: 'Threads that hash.', read: () => this.pool.busyCount },
      { name: 'latchkey_hash_threads', help: 'Threads that may hash.', read: () => this.pool.threadCount },
      {
        name: 'latchkey_revocation_list_size',
        help: 'Accounts and single sessions whose end is remembered, since a token may still be alive.',
        read: () => this.revocations.size,
      },
      {
        name: 'latchkey_revocation_feed_age_seconds',
        help: 'How old the knowledge of revocations by other instances is.',
        read: () => this.feed.ageSeconds,
      },
      {
        name: 'latchkey_revocation_feed_listening',
        help: 'Whether revocations that other instances announce are heard: 1, or 0 while they are only looked for.',
        read: () => (this.feed.isListening === undefined ? undefined : Number(this.feed.isListening)),
      },
      {
        name: 'latchkey_audit_events_waiting',
        help: 'Audit events that wait to be written.',
        read: () => this.audit.waitingCount,
      },
      {
        name: 'latchkey_mails_waiting',
        help: 'Mails that are under way or wait to be tried again, but for those that anybody may ask for: they would tell who exists.',
        read: () => this.mails.waitingCount,
      },
    ];
  }

  private keys(): Reading[] {
    return [
      {
        name: 'latchkey_signing_keys',
        help: 'Published signing keys, by algorithm.',
        label: 'algorithm',
        read: () => this.countByAlgorithm(),
      },
      {
        name: 'latchkey_signing_key_age_seconds',
        help: 'How long the signing key has signed.',
        // One that took over before its turn, for a key that was withdrawn, has not aged yet.
        read: () => this.fromSigner((key) => Math.max(0, this.secondsSince(key.signsFrom))),
      },
      {
        name: 'latchkey_signing_key_successor_seconds',
        help: 'When the next key signs, published or not; negative if that is overdue.',
        read: () => this.fromSigner((key) => this.secondsUntilSuccessor(key)),
      },
    ];
  }

  private countByAlgorithm(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { algorithm } of this.ring.published) counts[algorithm] = (counts[algorithm] ?? 0) + 1;
    return counts;
  }

  private fromSigner(figure: (key: RingKey) => number): number | undefined {
    const signer = signerAt(this.ring.published, this.clock.nowMs());
    return signer && figure(signer);
  }

  private secondsUntilSuccessor(signer: RingKey): number {
    const keys = this.ring.published;
    const next = keys[keys.indexOf(signer) + 1];
    if (next) return -this.secondsSince(next.signsFrom);
    return this.config.KEY_ROTATION_DAYS * DAY_SECONDS - this.secondsSince(signer.signsFrom);
  }

  private secondsSince(time: Date): number {
    return (this.clock.nowMs() - time.getTime()) / 1000;
  }
}
