import { applyDecorators, Param, type PipeTransform, UseGuards, UseInterceptors } from '@nestjs/common';
import { AccountGuard } from '../auth/guards/account.guard.js';
import { AdminGuard } from '../auth/guards/admin.guard.js';
import { PinGuard } from '../auth/guards/pin.guard.js';
import { CHANGING, PIN_HEADER, READING, WITH_PIN } from '../contract-kit/account-refusals.js';
import { KnownInput, NothingDto } from '../contract-kit/known-input.interceptor.js';
import { ApiBearerAuth, ApiCookieAuth, ApiHeader, ApiTags } from '../contract-kit/openapi.js';
import type { Cause } from '../contract-kit/refusal-examples.js';
import { NativeError } from '../errors/native-error.js';
import { readAccountId } from '../users/account-id.js';

/** Says of a controller that its routes are for administrators, with a token of any contract and the PIN if there is one. */
export const ForAdmins = (): ClassDecorator =>
  applyDecorators(
    ApiTags('admin'),
    UseGuards(AccountGuard, AdminGuard, PinGuard),
    UseInterceptors(KnownInput),
    ApiBearerAuth('bearer'),
    ApiCookieAuth('cookie'),
    ApiHeader(PIN_HEADER),
  );

/** Why a request that reads is refused, whatever it reads. */
export const ADMIN_READING = [...READING, 'admin_required', ...WITH_PIN, NothingDto] as const satisfies Cause[];

/** Why a request that changes something is refused, whatever it changes. */
export const ADMIN_CHANGING = [...CHANGING, 'admin_required', ...WITH_PIN] as const satisfies Cause[];

/** How documents show the id of an account in a path. */
export const ACCOUNT_ID = {
  name: 'id',
  description: 'The id of the account.',
  schema: { type: 'integer' },
} as const;

const ID_PIPE: PipeTransform<string, number> = {
  transform: (text) => {
    const id = readAccountId(text);
    if (id === undefined) throw new NativeError('account_not_found');
    return id;
  },
};

/** The account that the path names. @throws {NativeError} `account_not_found` for what is no id */
export const AccountId = (): ParameterDecorator => Param('id', ID_PIPE);
