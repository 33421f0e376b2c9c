import { Check, CheckText, isTextOrMissing } from '../../contract-kit/dto.js';
import { ApiProperty } from '../../contract-kit/openapi.js';
import { isPassword, isPlainText, isUsername } from '../../users/identifiers.js';

/** The last step that a sign-in demands: the others are for those who choose a name and password. */
export const FILLED_STEP = 3;

const isFilled = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** The body of both register and login. */
export class CredentialsDto {
  @ApiProperty({ example: 'my_username', minLength: 1, maxLength: 150 })
  @Check(1, 'invalid request body', isTextOrMissing)
  @Check(2, 'missing required field: "username"', isFilled)
  @CheckText(4, 'invalid username', isUsername)
  username!: string;

  @ApiProperty({ minLength: 1, format: 'password' })
  @Check(1, 'invalid request body', isTextOrMissing)
  @Check(FILLED_STEP, 'missing required field: "password"', isFilled)
  @CheckText(5, 'invalid password', (value) => isPassword(value) && isPlainText(value))
  password!: string;
}

/** Every success. */
export class AuthTokenDto {
  @ApiProperty({ example: 'a.jwt.token', description: 'Signs requests, and is what gets refreshed.' })
  authToken!: string;
}

/** Every refusal. */
export class BareTokenErrorDto {
  @ApiProperty({ example: 'an error message' })
  err!: string;
}
