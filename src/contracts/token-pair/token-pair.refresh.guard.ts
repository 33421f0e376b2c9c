import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticates } from '../../auth/guards/authenticates.js';
import { RefreshTokenGuard } from '../../auth/guards/refresh-token.guard.js';
import { TokenVerificationService } from '../../auth/tokens/token-verification.service.js';
import type { RawBody } from '../../contract-kit/body.js';
import { toDto } from '../../contract-kit/dto.js';
import { VerifyDto } from './token-pair.dto.js';
import { TOKEN_PAIR } from './token-pair.contract.js';

/**
 * Lets refresh tokens pass. The document's section "Verify access token" repeats the refresh URL, so a body with `token`
 * and without `refresh` asks for verification here too: it passes without a principal if its token is valid.
 */
@Authenticates()
@Injectable()
export class RefreshOrVerifyGuard extends RefreshTokenGuard(TOKEN_PAIR) {
  constructor(private readonly verification: TokenVerificationService) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { body } = context.switchToHttp().getRequest<FastifyRequest>();
    const fields = await TOKEN_PAIR.readFields(body as RawBody | undefined);
    if (fields.refresh !== undefined || fields.token === undefined)
      return super.canActivate(context) as Promise<boolean>;
    await this.verification.verify(TOKEN_PAIR, toDto(VerifyDto, fields).token);
    return true;
  }
}
