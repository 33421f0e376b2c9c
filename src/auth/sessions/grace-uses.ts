import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { LRUCache } from 'lru-cache';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { AuditLog } from '../../audit/audit-log.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/env.js';
import type { RefreshTokenClaims } from '../../tokens/refresh-token.service.js';
import type { Client } from '../door.js';

/** Interval at which finished grace times are recorded, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** Rotations kept in memory. When it is full, all are recorded early. */
const LIMIT = 10_000;

/** Addresses and devices that an event names. */
const NAMED = 3;

/** Where a token was used. */
interface Place {
  readonly ip: string;
  readonly user_agent: string | null;
}

interface Counted {
  readonly sinceMs: number;
  readonly entry: AuditEntry;
  readonly places: Place[];
  count: number;
}

/**
 * Records which refresh tokens were used again within `REFRESH_GRACE`: lost answers and races between tabs, or a thief. Each
 * instance records one event a rotation, once the grace time is over: how often, from where, and who exchanged the token.
 */
@Injectable()
export class GraceUses implements OnModuleDestroy {
  private readonly counted = new Map<string, Counted>();
  private readonly exchanged = new LRUCache<string, Place>({ max: LIMIT });

  constructor(
    private readonly audit: AuditLog,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Remembers where a token was exchanged from. */
  noteExchange(token: RefreshTokenClaims, client: Client): void {
    if (this.config.REFRESH_GRACE > 0) this.exchanged.set(keyOf(token), placeOf(client));
  }

  /** Counts another use of a token that was exchanged. */
  note(token: RefreshTokenClaims, client: Client): void {
    if (this.counted.size >= LIMIT) this.record(Infinity);
    const key = keyOf(token);
    const counted = this.counted.get(key) ?? this.first(token, client);
    this.counted.set(key, counted);
    counted.count++;
    const place = placeOf(client);
    const isNew = !counted.places.some(({ ip, user_agent }) => ip === place.ip && user_agent === place.user_agent);
    if (isNew && counted.places.length < NAMED) counted.places.push(place);
  }

  @Interval(LOOK_EVERY_MS)
  look(): void {
    this.record(this.clock.nowMs());
  }

  onModuleDestroy(): void {
    this.record(Infinity);
  }

  private first({ sid: sessionId, user_id: accountId }: RefreshTokenClaims, client: Client): Counted {
    // Read while the request lasts: a connection that is gone has no address.
    const { door, ip, userAgent, requestId } = client;
    const from = { door, ip, userAgent, requestId };
    const entry = { kind: 'refresh_token_repeated', from, accountId, actorId: accountId, sessionId } as const;
    return { sinceMs: this.clock.nowMs(), entry, places: [], count: 0 };
  }

  private record(nowMs: number): void {
    for (const [key, { sinceMs, entry, places, count }] of this.counted) {
      // Either way: a clock may have been set back.
      if (Math.abs(nowMs - sinceMs) <= this.config.REFRESH_GRACE * 1000) continue;
      this.counted.delete(key);
      const generation = Number(key.split(' ')[1]);
      const detail = { generation, exchanged_from: this.exchanged.get(key) ?? null, repeated_from: places };
      this.audit.record({ ...entry, count, detail });
    }
  }
}

function keyOf({ sid, gen }: RefreshTokenClaims): string {
  return `${sid} ${gen}`;
}

function placeOf({ ip, userAgent }: Client): Place {
  return { ip, user_agent: userAgent ?? null };
}
