import { IsString } from 'class-validator';
import { at, CheckText } from '../../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../../contract-kit/openapi.js';
import {
  EMAIL_MAX_LENGTH,
  hasNewEmailForm,
  isPassword,
  lengthOf,
  PASSWORD_MAX_BYTES,
} from '../../users/identifiers.js';
import { notAnAddress } from './basic.errors.js';

/** The body of register. */
export class RegisterDto {
  @ApiProperty({ example: 'john@doe.com', format: 'email', maxLength: EMAIL_MAX_LENGTH })
  @IsString(at(1, 'Bad request'))
  @CheckText(2, notAnAddress, hasNewEmailForm)
  @CheckText(3, `Max email length is ${EMAIL_MAX_LENGTH} characters`, (value) => lengthOf(value) <= EMAIL_MAX_LENGTH)
  email!: string;

  @ApiProperty({ format: 'password', minLength: 6 })
  @IsString(at(1, 'Bad request'))
  @CheckText(4, 'Password must be at least 6 characters', (value) => lengthOf(value) >= 6)
  @CheckText(
    5,
    `Max password length is ${PASSWORD_MAX_BYTES} bytes`,
    (value) => Buffer.byteLength(value) <= PASSWORD_MAX_BYTES,
  )
  @CheckText(6, 'Password is not acceptable', isPassword)
  password!: string;
}

/** Both tokens. */
export class TokensDto {
  @ApiProperty({ example: 'Login for john@doe.com succesful' })
  message!: string;

  @ApiProperty({ example: '<access_token>' })
  access_token!: string;

  @ApiProperty({ example: '<refresh_token>' })
  refresh_token!: string;

  @ApiProperty({ example: 200 })
  statusCode!: number;
}

/** A fresh access token. */
export class RefreshedDto {
  @ApiProperty({ example: 'Success' })
  message!: string;

  @ApiProperty({ example: '<access_token>' })
  access_token!: string;

  @ApiProperty({ example: 'john@doe.com' })
  email!: string;

  @ApiProperty({ example: 200 })
  statusCode!: number;
}

/** Every refusal. */
export class BasicErrorDto {
  @ApiProperty({ example: 'Login failed (incorrect email or password)' })
  error!: string;

  @ApiProperty({ example: 403 })
  statusCode!: number;

  @ApiPropertyOptional({ example: 'Token has expired', description: 'As `error`, where a bearer token is refused.' })
  msg?: string;
}
