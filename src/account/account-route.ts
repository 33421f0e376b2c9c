import { applyDecorators, UseGuards, UseInterceptors } from '@nestjs/common';
import { AccountGuard } from '../auth/guards/account.guard.js';
import { KnownInput } from '../contract-kit/known-input.interceptor.js';
import { ApiBearerAuth, ApiCookieAuth, ApiTags } from '../contract-kit/openapi.js';

export { CHANGING, PIN_HEADER, READING, WITH_PIN } from '../contract-kit/account-refusals.js';

/** Says of a controller that its routes are for whoever presents a token of any contract. */
export const ForAccounts = (): ClassDecorator =>
  applyDecorators(
    ApiTags('account'),
    UseGuards(AccountGuard),
    UseInterceptors(KnownInput),
    ApiBearerAuth('bearer'),
    ApiCookieAuth('cookie'),
  );
