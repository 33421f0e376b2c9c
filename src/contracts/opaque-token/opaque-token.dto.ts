import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';
import { at, Check } from '../../contract-kit/dto.js';

const INVALID_JSON = at(1, 'Invalid JSON payload');
const USERNAME_LENGTH = at(2, 'Username must be between 4 and 64 in length');
const PASSWORD_LENGTH = at(3, 'Password must be between 8 and 64 in length');
const CHARACTERS = at(4, 'A field contains dis-allowed characters. Alphanumeric only');

const ALPHANUMERIC = /^[A-Za-z0-9]*$/;

/** The body of both register and login. */
export class CredentialsDto {
  @ApiProperty({ example: 'myusername', minLength: 4, maxLength: 64, pattern: ALPHANUMERIC.source })
  @IsString(INVALID_JSON)
  @Length(4, 64, USERNAME_LENGTH)
  @Matches(ALPHANUMERIC, CHARACTERS)
  username!: string;

  @ApiProperty({
    example: 'mypassword1',
    minLength: 8,
    maxLength: 64,
    pattern: ALPHANUMERIC.source,
    format: 'password',
  })
  @IsString(INVALID_JSON)
  @Length(8, 64, PASSWORD_LENGTH)
  @Matches(ALPHANUMERIC, CHARACTERS)
  password!: string;
}

/** The body of change-password. */
export class ChangePasswordDto {
  @ApiProperty({
    example: 'mypassword1',
    minLength: 8,
    maxLength: 64,
    pattern: ALPHANUMERIC.source,
    format: 'password',
  })
  @IsString(INVALID_JSON)
  @Length(8, 64, PASSWORD_LENGTH)
  @Matches(ALPHANUMERIC, CHARACTERS)
  old_password!: string;

  @ApiProperty({
    example: 'mypassword2',
    minLength: 8,
    maxLength: 64,
    pattern: ALPHANUMERIC.source,
    format: 'password',
  })
  @IsString(INVALID_JSON)
  @Length(8, 64, PASSWORD_LENGTH)
  @Matches(ALPHANUMERIC, CHARACTERS)
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
