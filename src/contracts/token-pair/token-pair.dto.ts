import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Check, CheckText } from '../../contract-kit/dto.js';
import { isPassword, isUsername, lengthOf, PASSWORD_MAX_BYTES, USERNAME_MAX_LENGTH } from '../../users/identifiers.js';

const isText = (value: unknown): boolean => typeof value === 'string';

/** The rules of every text field. */
function TextField(): PropertyDecorator {
  return applyDecorators(
    Check(1, 'this field is required', (value) => value !== undefined),
    Check(2, 'This field may not be null.', (value) => value !== null),
    Check(3, 'Not a valid string.', isText),
    CheckText(4, 'This field may not be blank.', (value) => value.trim() !== ''),
    CheckText(5, 'Null characters are not allowed.', (value) => !value.includes('\0')),
  );
}

/** The body of both token and register. */
export class CredentialsDto {
  @ApiProperty({ example: 'my_username', maxLength: USERNAME_MAX_LENGTH })
  @TextField()
  @CheckText(
    6,
    `Ensure this field has no more than ${USERNAME_MAX_LENGTH} characters.`,
    (value) => lengthOf(value) <= USERNAME_MAX_LENGTH,
  )
  @CheckText(7, 'Enter a valid username.', isUsername)
  username!: string;

  @ApiProperty({ example: 'my_password', format: 'password' })
  @TextField()
  @CheckText(
    6,
    `Ensure this field has no more than ${PASSWORD_MAX_BYTES} bytes.`,
    (value) => Buffer.byteLength(value) <= PASSWORD_MAX_BYTES,
  )
  @CheckText(7, 'Enter a valid password.', isPassword)
  password!: string;
}

/** The body of refresh. */
export class RefreshDto {
  @ApiProperty({ example: '<refresh-token>' })
  @TextField()
  refresh!: string;
}

/** The body of verify. */
export class VerifyDto {
  @ApiProperty({
    example: '<token>',
    description: 'An access or a refresh token; the field `refresh` is taken in its place.',
  })
  @TextField()
  token!: string;
}

/** Both tokens. */
export class TokenPairDto {
  @ApiProperty({ example: '<refresh-token>' })
  refresh!: string;

  @ApiProperty({ example: '<access-token>' })
  access!: string;
}

/** Who the access token speaks for. */
export class UsernameDto {
  @ApiProperty({ example: 'my_username' })
  username!: string;
}
