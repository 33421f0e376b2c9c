import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import type { IdleTime } from '../tokens/session-list.js';
import { TokenLifetimes } from '../tokens/token-lifetimes.js';
import type { Door } from './door.js';

/** Every way in, as the contracts are listed. */
export class Doors {
  constructor(readonly all: readonly Door[]) {}
}

/** The lifetimes of the doors' access tokens. */
export function lifetimesOf({ all }: Doors, config: Config): TokenLifetimes {
  return new TokenLifetimes(
    new Map(all.flatMap(({ name, accessToken }) => (accessToken ? [[name, accessToken.lifetime(config)]] : []))),
  );
}

/** Knows when the last token of a session has expired that nobody uses: mostly long before the session itself. */
@Injectable()
export class IdleTimes {
  /** Of the contracts with JWTs. */
  readonly all: readonly IdleTime[];

  constructor(doors: Doors, config: Config) {
    this.all = doors.all.flatMap(({ name: contract, accessToken, refreshToken }): IdleTime[] => {
      if (!accessToken) return [];
      const seconds = accessToken.lifetime(config);
      // A refresh token gives access tokens up to its last moment.
      return refreshToken
        ? [{ contract, since: 'rotated_at', seconds: refreshToken.lifetime(config) + seconds }]
        : [{ contract, since: 'last_seen_at', seconds }];
    });
  }
}
