import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { AccessTokenIssuer } from '../tokens/access-token-issuer.js';
import { RefreshTokenService } from '../tokens/refresh-token.service.js';
import type { LiveSession, TokenSubject } from '../tokens/token-subject.js';
import type { Door } from './door.js';

/** What an act gives a door to answer with: the account, and the tokens of its session, made when asked for. */
export interface Grant {
  readonly subject: TokenSubject;
  readonly accessToken: () => Promise<string>;
  /** How long an access token lives that is made now, in seconds. */
  readonly accessTokenSeconds: () => number;
  readonly refreshToken: () => string;
}

/** Makes grants. */
@Injectable()
export class Grants {
  constructor(
    private readonly issuer: AccessTokenIssuer,
    private readonly refreshTokens: RefreshTokenService,
    private readonly config: Config,
  ) {}

  /** The grant for a session through its door. */
  of(door: Door, session: LiveSession, subject: TokenSubject): Grant {
    const ofAccessToken = (): NonNullable<Door['accessToken']> => {
      if (!door.accessToken) throw new Error(`${door.name} has no access tokens.`);
      return door.accessToken;
    };
    return {
      subject,
      accessToken: async () => {
        const { lifetime, claims } = ofAccessToken();
        return this.issuer.issue(session, subject, lifetime(this.config), claims(subject));
      },
      accessTokenSeconds: () => this.issuer.secondsOf(session, ofAccessToken().lifetime(this.config)),
      refreshToken: () => {
        if (!door.refreshToken) throw new Error(`${door.name} has no refresh tokens.`);
        return this.refreshTokens.issue(session, door.refreshToken.lifetime(this.config));
      },
    };
  }
}
