import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { AuthModule } from '../../src/auth/auth.module.js';
import { bearerToken } from '../../src/auth/bearer.js';
import { CurrentPrincipal } from '../../src/auth/decorators/current-principal.js';
import type { Principal } from '../../src/auth/door.js';
import { AnyAccessTokenGuard } from '../../src/auth/guards/access-token.guard.js';

@Controller('probe')
class ProbeController {
  @Get()
  @UseGuards(AnyAccessTokenGuard(bearerToken))
  probe(@CurrentPrincipal() { accountId, contract }: Principal): object {
    return { accountId, contract };
  }
}

/** A route `GET /probe` that every access token opens, of whatever contract. */
@Module({ imports: [AuthModule], controllers: [ProbeController] })
export class ProbeModule {}
