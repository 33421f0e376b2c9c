import type { AdministeredAccount } from '../auth/administration/administration-accounts.service.js';
import type { Administering } from '../auth/administration/administration.service.js';
import { Check } from '../contract-kit/dto.js';
import { ApiPropertyOptional } from '../contract-kit/openapi.js';
import { isNewEmailAddress, isNewUsername } from '../users/identifiers.js';

const isMissing = (value: unknown): value is undefined => value === undefined;

/** A rule for a field that may be missing; anything but what is accepted breaks it, null too. */
const Optional = (step: number, text: string, accepts: (value: unknown) => boolean): PropertyDecorator =>
  Check(step, text, (value) => isMissing(value) || accepts(value));

/** A rule for a field that must be there if others are not as they need be. */
const NeededUnless = (step: number, text: string, spares: (dto: NewUserDto) => boolean): PropertyDecorator =>
  Check(step, text, (value, dto) => !isMissing(value) || spares(dto));

const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isText = (value: unknown): value is string => typeof value === 'string';

/** The body of a new account. */
export class NewUserDto {
  @ApiPropertyOptional({ type: String, example: 'john' })
  @Optional(1, 'Must be a username of at most 150 characters.', (name) => isText(name) && isNewUsername(name))
  @NeededUnless(2, 'Must be given without an e-mail address.', ({ email }) => !isMissing(email))
  username?: string;

  @ApiPropertyOptional({ type: String, format: 'email', example: 'john@doe.com' })
  @Optional(
    1,
    'Must be an e-mail address of at most 254 characters.',
    (email) => isText(email) && isNewEmailAddress(email),
  )
  @NeededUnless(2, 'Must be given without a password.', ({ password }) => !isMissing(password))
  @NeededUnless(3, 'Must be given to be verified.', ({ email_verified }) => email_verified !== true)
  email?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'password',
    description: 'Without one, a link to set it is mailed.',
  })
  @Optional(1, 'Must be a text.', isText)
  password?: string;

  @ApiPropertyOptional({ type: Boolean, example: false, default: false })
  @Optional(1, 'Must be true or false.', isBoolean)
  is_admin?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    example: false,
    default: false,
    description: 'Whether the e-mail address is known to be its owner’s.',
  })
  @Optional(1, 'Must be true or false.', isBoolean)
  email_verified?: boolean;
}

/** The body of a change; what is missing stays as it is. */
export class UserChangeDto {
  @ApiPropertyOptional({ enum: ['active', 'deactivated'] })
  @Optional(1, 'Must be active or deactivated.', (status) => status === 'active' || status === 'deactivated')
  status?: 'active' | 'deactivated';

  @ApiPropertyOptional({ type: Boolean })
  @Optional(1, 'Must be true or false.', isBoolean)
  is_admin?: boolean;

  @ApiPropertyOptional({ type: Boolean, enum: [true] })
  @Optional(1, 'Must be true.', (value) => value === true)
  email_verified?: true;

  @ApiPropertyOptional({
    type: Boolean,
    enum: [true],
    description: 'The password counts no more, every session ends, and a link to set another is mailed.',
  })
  @Optional(1, 'Must be true.', (value) => value === true)
  force_password_reset?: true;
}

/** The account that a body describes. */
export function newAccountOf({ username, email, password, is_admin, email_verified }: NewUserDto): AdministeredAccount {
  return { username, email, password, isAdmin: is_admin ?? false, emailVerified: email_verified ?? false };
}

/** The change that a body describes. */
export function changeOf({ status, is_admin, email_verified, force_password_reset }: UserChangeDto): Administering {
  return { status, isAdmin: is_admin, emailVerified: email_verified, forcePasswordReset: force_password_reset };
}
