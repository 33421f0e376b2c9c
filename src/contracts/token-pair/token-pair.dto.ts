import { applyDecorators } from '@nestjs/common';
import { Check, CheckText, Trimmed } from '../../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../../contract-kit/openapi.js';
import { isPassword, isUsername, lengthOf, PASSWORD_MAX_BYTES, USERNAME_MAX_LENGTH } from '../../users/identifiers.js';

/** The last step that a sign-in demands: the others are for those who choose a name and password. */
export const TEXT_STEP = 3;

const isText = (value: unknown): boolean => typeof value === 'string';

/** The rules of every text field. */
function TextField(): PropertyDecorator {
  return applyDecorators(
    Check(1, 'this field is required', (value) => value !== undefined),
    Check(2, 'This field may not be null.', (value) => value !== null),
    Check(TEXT_STEP, 'Not a valid string.', isText),
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

  @ApiProperty({ format: 'password' })
  @TextField()
  @CheckText(
    6,
    `Ensure this field has no more than ${PASSWORD_MAX_BYTES} bytes.`,
    (value) => Buffer.byteLength(value) <= PASSWORD_MAX_BYTES,
  )
  @CheckText(7, 'Enter a valid password.', isPassword)
  password!: string;
}

/** The body of both refresh and blacklist. */
export class RefreshDto {
  @ApiProperty({ example: '<refresh-token>' })
  @Trimmed()
  @TextField()
  refresh!: string;
}

/** The body of refresh as its document prints it twice: to refresh and to verify. */
export class RefreshOrVerifyDto {
  @ApiPropertyOptional({ example: '<refresh-token>', description: 'Is exchanged for the next pair.' })
  refresh?: string;

  @ApiPropertyOptional({ example: '<token>', description: 'Is verified, if there is no `refresh`.' })
  token?: string;
}

/** The body of verify. */
export class VerifyDto {
  @ApiProperty({
    example: '<token>',
    description: 'An access or a refresh token; the field `refresh` is taken in its place.',
  })
  @Trimmed()
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

/** The answer of a verification, and of a sign-out. */
export class NothingDto {}

/** What is wrong with a token in the header. */
class TokenMessageDto {
  @ApiProperty({ example: 'AccessToken' })
  token_class!: string;

  @ApiProperty({ example: 'access' })
  token_type!: string;

  @ApiProperty({ example: 'Token is invalid or expired' })
  message!: string;
}

/** A refusal. */
export class TokenPairErrorDto {
  @ApiProperty({ example: 'token is invalid or expired' })
  detail!: string;

  @ApiPropertyOptional({ example: 'token_not_valid' })
  code?: string;

  @ApiPropertyOptional({ type: [TokenMessageDto] })
  messages?: TokenMessageDto[];
}

/** A refusal of fields: the texts of each offending one, and of no other. */
export class FieldErrorsDto {
  @ApiPropertyOptional({ type: [String], example: ['this field is required'] })
  username?: string[];

  @ApiPropertyOptional({ type: [String], example: ['this field is required'] })
  password?: string[];

  @ApiPropertyOptional({ type: [String], example: ['this field is required'] })
  refresh?: string[];

  @ApiPropertyOptional({ type: [String], example: ['this field is required'] })
  token?: string[];

  @ApiPropertyOptional({ type: [String], description: 'What is wrong with the body as a whole.' })
  non_field_errors?: string[];
}
