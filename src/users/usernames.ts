import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { UsersService } from './users.service.js';

/** How long a username is cached, in milliseconds: an account may get a username when its address is proved. */
const REMEMBERED_MS = 5000;

/** How many accounts are remembered; 0.2 kilobytes each. */
const REMEMBERED = 20_000;

interface Known {
  readonly username: string | null;
  readonly readAtMs: number;
}

/** Tells usernames of accounts whose tokens do not say them. */
@Injectable()
export class Usernames {
  private readonly known = new LRUCache<number, Known>({ max: REMEMBERED });

  constructor(
    private readonly users: UsersService,
    private readonly clock: Clock,
  ) {}

  /** The username of an account, `null` if it has none, as it was read a moment ago; `undefined` if it was not. */
  recall(accountId: number): string | null | undefined {
    const known = this.known.get(accountId);
    // Either way: a clock may have been put back.
    return known && Math.abs(this.clock.nowMs() - known.readAtMs) < REMEMBERED_MS ? known.username : undefined;
  }

  /** The username of an account, `null` if it has none. */
  async of(accountId: number): Promise<string | null> {
    const recalled = this.recall(accountId);
    if (recalled !== undefined) return recalled;
    const readAtMs = this.clock.nowMs();
    const username = (await this.users.factsOf(accountId))?.username ?? null;
    this.known.set(accountId, { username, readAtMs });
    return username;
  }
}
