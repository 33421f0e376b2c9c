import { applyDecorators, UseGuards } from '@nestjs/common';
import { AccountGuard } from '../auth/guards/account.guard.js';
import { ApiBearerAuth, ApiCookieAuth, ApiTags } from '../contract-kit/openapi.js';

export { CHANGING, PIN_HEADER, READING, WITH_PIN } from '../contract-kit/account-refusals.js';

/** Says of a controller that its routes are for whoever presents a token of any contract. */
export const ForAccounts = (): ClassDecorator =>
  applyDecorators(ApiTags('account'), UseGuards(AccountGuard), ApiBearerAuth('bearer'), ApiCookieAuth('cookie'));
