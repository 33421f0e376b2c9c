import { applyDecorators } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { IsString, Length, Matches, type ValidationOptions } from 'class-validator';
import { at, Check } from '../../contract-kit/dto.js';
import { ApiProperty } from '../../contract-kit/openapi.js';

/** The last step that a sign-in demands: the others are for those who choose a name and password. */
export const JSON_STEP = 1;

/** The last step that a change of password demands: the others are about the old one. */
export const NEW_PASSWORD_STEP = 5;

const INVALID_JSON = at(JSON_STEP, 'Invalid JSON payload');
const PASSWORD_LENGTH = 'Password must be between 8 and 64 in length';
const CHARACTERS = 'A field contains dis-allowed characters. Alphanumeric only';

const ALPHANUMERIC = /^[A-Za-z0-9]*$/;

/** A text of letters and digits within bounds, where one is chosen. */
function Chosen(
  least: number,
  most: number,
  lengthRule: ValidationOptions,
  shown: ApiPropertyOptions,
): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ ...shown, minLength: least, maxLength: most, pattern: ALPHANUMERIC.source }),
    IsString(INVALID_JSON),
    Length(least, most, lengthRule),
    Matches(ALPHANUMERIC, at(4, CHARACTERS)),
  );
}

const NewPassword = (): PropertyDecorator => Chosen(8, 64, at(3, PASSWORD_LENGTH), { format: 'password' });

/** The body of register. */
export class CredentialsDto {
  @Chosen(4, 64, at(2, 'Username must be between 4 and 64 in length'), { example: 'myusername' })
  username!: string;

  @NewPassword()
  password!: string;
}

/** The body of login, as documents show it. It has the rules of `CredentialsDto`, which word its refusals. */
export class LoginDto {
  @ApiProperty({ example: 'myusername' })
  username!: string;

  @ApiProperty({ format: 'password' })
  password!: string;
}

/** The body of change-password. */
export class ChangePasswordDto {
  @ApiProperty({ format: 'password' })
  @IsString(INVALID_JSON)
  @Length(8, 64, at(6, PASSWORD_LENGTH))
  @Matches(ALPHANUMERIC, at(7, CHARACTERS))
  old_password!: string;

  @NewPassword()
  @Check(
    NEW_PASSWORD_STEP,
    'New and old passwords are identical',
    (value, dto) => value !== (dto as ChangePasswordDto).old_password,
  )
  new_password!: string;
}

/** A token. */
export class TokenDto {
  @ApiProperty({ example: '<auth token>' })
  token!: string;
}

/** Whether the server runs, and its store answers. */
export class HealthDto {
  @ApiProperty({ enum: ['success', 'error'], example: 'success' })
  status!: 'success' | 'error';
}

/** Every refusal. */
export class OpaqueTokenErrorDto {
  @ApiProperty({ example: 'Bad login details', description: 'The reason phrase of the status line.' })
  reason!: string;
}
