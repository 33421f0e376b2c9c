import { Check, CheckText, isTextOrMissing } from '../../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../../contract-kit/openapi.js';
import { isNewEmailAddress, isNewUsername, isPassword, isPin, lengthOf } from '../../users/identifiers.js';
import { UNMARSHAL_STEP } from './cookie.errors.js';

/** The last step of `RegisterDto` before the names are looked up. */
export const NAMES_STEP = 3;

const NAME = /^[\p{L}\p{Nd}]{3,30}$/u;

/** An address at a host with a top-level domain, in letters or in the ASCII form of another script (RFC 5890 §2.3.2.1). */
const WITH_TLD = /@[^@]+\.(\p{L}{2,}|xn--[a-z\d-]+)$/iu;

/** A text; a missing or null field counts as "", and fails later. */
const Text = (): PropertyDecorator => Check(UNMARSHAL_STEP, "can't unmarshal the payload", isTextOrMissing);

const isStrong = (password: string): boolean =>
  lengthOf(password) >= 6 && /\p{Lu}/u.test(password) && /\p{Nd}/u.test(password) && /[^\p{L}\p{N}\s]/u.test(password);

/** The body of register. */
export class RegisterDto {
  @ApiProperty({ type: String, example: 'hyperxpizza', minLength: 3, maxLength: 30, description: 'letters and digits' })
  @Text()
  @CheckText(2, 'username must be 3 to 30 letters or digits', (value) => NAME.test(value) && isNewUsername(value))
  username = '';

  @ApiProperty({ type: String, example: 'hyperxpizza@domain.com', format: 'email' })
  @Text()
  @CheckText(NAMES_STEP, 'email is not an address', (value) => isNewEmailAddress(value) && WITH_TLD.test(value))
  email = '';

  @ApiProperty({
    type: String,
    format: 'password',
    minLength: 6,
    description: 'at least 6 characters, with an upper-case letter, a digit and a special character',
  })
  @Text()
  @Check(4, 'passwords do not match', (value, dto) => (value ?? '') === ((dto as RegisterDto).password2 ?? ''))
  @CheckText(5, 'password needs 6 characters, an upper-case letter, a digit and a special character', isStrong)
  @CheckText(6, 'password is not acceptable', isPassword)
  password1 = '';

  @ApiProperty({ type: String, format: 'password' })
  @Text()
  password2 = '';
}

/** The body of login; `password` is taken in the place of `password1`. */
export class LoginDto {
  @ApiProperty({ type: String, example: 'hyperxpizza' })
  @Text()
  username?: string | null = undefined;

  @ApiProperty({ type: String, format: 'password' })
  @Text()
  password1?: string | null = undefined;

  @ApiPropertyOptional({ type: String, format: 'password', description: 'Taken in the place of password1.' })
  @Text()
  password?: string | null = undefined;
}

/** The body of pin. */
export class PinDto {
  @ApiProperty({ type: String, format: 'password', minLength: 4, maxLength: 8 })
  @Text()
  @CheckText(2, 'pin must be 4 to 8 characters', isPin)
  pin = '';

  @ApiPropertyOptional({
    type: String,
    description: 'The present PIN, to show that its owner asks; the header X-Pin does the same.',
  })
  @Text()
  current_pin?: string | null = undefined;
}

/** Who the cookie's token speaks for. */
export class MeDto {
  @ApiProperty({ example: 1 })
  id!: number;

  @ApiProperty({ example: 'hyperxpizza' })
  username!: string;

  @ApiProperty({ example: false })
  is_admin!: boolean;
}

/** Who signed in, or refreshed. */
export class SignedInDto extends MeDto {
  @ApiPropertyOptional({
    type: String,
    example: 'a.jwt.token',
    description: 'What the cookie holds, if the service runs with COOKIE_TOKEN_IN_BODY=on.',
  })
  token?: string;
}

/** Every refusal. */
export class CookieErrorDto {
  @ApiProperty({ example: 'unauthenticated' })
  message!: string;
}

/** A success without data. */
export class MessageDto {
  @ApiProperty({ example: 'pin set' })
  message!: string;
}
