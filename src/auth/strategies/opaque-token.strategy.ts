import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport';
import type { TokenPrincipal } from '../door.js';
import { OpaqueSessionsService } from '../sessions/opaque-sessions.service.js';

/** An opaque token as its guard found it in the request. */
export interface PresentedOpaqueToken {
  readonly token: string;
}

/** Opaque tokens: random texts whose hash is in the store. JWTs never pass. */
@Injectable()
export class OpaqueTokenStrategy extends PassportStrategy(Strategy, 'opaque-token') {
  constructor(private readonly opaqueSessions: OpaqueSessionsService) {
    super();
  }

  /** Whom a token speaks for that was admitted a moment ago, if that can be said at once. */
  recall({ token }: PresentedOpaqueToken): TokenPrincipal | undefined {
    return this.opaqueSessions.recall(token);
  }

  override authenticate(_request: unknown, { token }: PresentedOpaqueToken): void {
    this.opaqueSessions.principalOf(token).then(
      (principal) => this.success(principal),
      (error: Error) => this.error(error),
    );
  }

  /** Unused: `authenticate` does it all. The mixin demands it. */
  validate(): never {
    throw new Error('Opaque tokens are checked by authenticate().');
  }
}
