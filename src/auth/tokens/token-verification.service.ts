import { Injectable } from '@nestjs/common';
import { AuthError } from '../../errors/auth-error.js';
import { AccessTokenService } from '../../tokens/access-token.service.js';
import { RefreshTokenService } from '../../tokens/refresh-token.service.js';
import { readHeader, REFRESH_TOKEN_TYPE } from '../../tokens/token-header.js';
import type { Door } from '../door.js';
import { RefreshService } from '../refresh.service.js';

/** Says whether a token would be accepted now, for callers that ask about one. Asking changes nothing. */
@Injectable()
export class TokenVerificationService {
  constructor(
    private readonly accessTokens: AccessTokenService,
    private readonly refreshTokens: RefreshTokenService,
    private readonly refreshing: RefreshService,
  ) {}

  /** Checks an access or refresh token of one door. @throws {AuthError} `token_not_valid`, whatever is wrong with it */
  async verify(door: Door, token: string): Promise<void> {
    try {
      if (readHeader(token)?.typ !== REFRESH_TOKEN_TYPE) return void (await this.accessTokens.verify(token, door.name));
      await this.refreshing.check(this.refreshTokens.verify(token, door.name));
    } catch (cause) {
      throw cause instanceof AuthError ? new AuthError('token_not_valid', { cause }) : cause;
    }
  }
}
