import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { User } from '../../users/user.entity.js';
import type { Client, Credentials, Door } from '../door.js';
import { SignInService } from '../sign-in.service.js';
import { wordedBy } from '../worded-refusal.js';

/** What the password guard hands over: the credentials its contract read, never the request itself. */
export interface LocalOptions {
  readonly door: Door;
  readonly credentials: Credentials;
  readonly client: Client;
}

/** A name with its password. Accepts what a contract's own reader found, so that no password in a URL counts. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, 'local') {
  constructor(private readonly signIn: SignInService) {
    super({ passReqToCallback: true });
  }

  override authenticate(_request: unknown, { door, credentials, client }: LocalOptions): void {
    // passport-local takes "" for missing, where a contract may have an answer of its own: it only learns that there are some.
    super.authenticate({ door, credentials, client, body: { username: 'given', password: 'given' } } as never);
  }

  validate({ door, credentials, client }: LocalOptions): Promise<User> {
    return wordedBy(credentials.refusal, () => this.signIn.authenticate(door, credentials, client));
  }
}
