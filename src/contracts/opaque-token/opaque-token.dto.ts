import { applyDecorators } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { IsString, Length, Matches, type ValidationOptions } from 'class-validator';
import { at, Check } from '../../contract-kit/dto.js';
import { ApiProperty } from '../../contract-kit/openapi.js';

const INVALID_JSON = at(1, 'Invalid JSON payload');
const USERNAME_LENGTH = at(2, 'Username must be between 4 and 64 in length');
const PASSWORD_LENGTH = at(3, 'Password must be between 8 and 64 in length');
const CHARACTERS = at(4, 'A field contains dis-allowed characters. Alphanumeric only');

const ALPHANUMERIC = /^[A-Za-z0-9]*$/;

/** A text of letters and digits within bounds; `lengthText` is what to say of another length. */
function Alphanumeric(
  least: number,
  most: number,
  lengthText: ValidationOptions,
  shown: ApiPropertyOptions,
): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ ...shown, minLength: least, maxLength: most, pattern: ALPHANUMERIC.source }),
    IsString(INVALID_JSON),
    Length(least, most, lengthText),
    Matches(ALPHANUMERIC, CHARACTERS),
  );
}

const Username = (): PropertyDecorator => Alphanumeric(4, 64, USERNAME_LENGTH, { example: 'myusername' });
const Password = (): PropertyDecorator => Alphanumeric(8, 64, PASSWORD_LENGTH, { format: 'password' });

/** The body of both register and login. */
export class CredentialsDto {
  @Username()
  username!: string;

  @Password()
  password!: string;
}

/** The body of change-password. */
export class ChangePasswordDto {
  @Password()
  old_password!: string;

  @Password()
  @Check(5, 'New and old passwords are identical', (value, dto) => value !== (dto as ChangePasswordDto).old_password)
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
