import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Check, CheckText, isTextOrMissing } from '../../contract-kit/dto.js';
import { isEmailAddress, isPassword, isPin, lengthOf } from '../../users/identifiers.js';
import { UNMARSHAL_STEP } from './cookie.errors.js';

/** The last step of `RegisterDto` before the names are looked up. */
export const NAMES_STEP = 3;

const NAME = /^[\p{L}\p{Nd}]{3,30}$/u;
const WITHOUT_DOTLESS_HOST = /@[^@]+\.\p{L}{2,}$/u;

/** A text; a missing or null field counts as "", and fails later. */
const Text = (): PropertyDecorator => Check(UNMARSHAL_STEP, "can't unmarshal the payload", isTextOrMissing);

const isStrong = (password: string): boolean =>
  lengthOf(password) >= 6 && /\p{Lu}/u.test(password) && /\p{Nd}/u.test(password) && /[^\p{L}\p{N}\s]/u.test(password);

/** The body of register. */
export class RegisterDto {
  @ApiProperty({ example: 'hyperxpizza', description: '3 to 30 letters or digits' })
  @Text()
  @CheckText(2, 'username must be 3 to 30 letters or digits', (value) => NAME.test(value))
  username = '';

  @ApiProperty({ example: 'hyperxpizza@domain.com', format: 'email' })
  @Text()
  @CheckText(
    NAMES_STEP,
    'email is not an address',
    (value) => isEmailAddress(value) && WITHOUT_DOTLESS_HOST.test(value),
  )
  email = '';

  @ApiProperty({
    example: 'SomeTestPassword1#',
    format: 'password',
    description: 'at least 6 characters, with an upper-case letter, a digit and a special character',
  })
  @Text()
  @Check(4, 'passwords do not match', (value, dto) => (value ?? '') === ((dto as RegisterDto).password2 ?? ''))
  @CheckText(5, 'password needs 6 characters, an upper-case letter, a digit and a special character', isStrong)
  @CheckText(6, 'password is not acceptable', isPassword)
  password1 = '';

  @ApiProperty({ example: 'SomeTestPassword1#', format: 'password' })
  @Text()
  password2 = '';
}

/** The body of login; `password` is taken in the place of `password1`. */
export class LoginDto {
  @ApiProperty({ example: 'hyperxpizza' })
  @Text()
  username?: string | null = undefined;

  @ApiProperty({ example: 'SomeTestPassword1#', format: 'password' })
  @Text()
  password1?: string | null = undefined;

  @ApiPropertyOptional({ format: 'password', description: 'Taken in the place of password1.' })
  @Text()
  password?: string | null = undefined;
}

/** The body of pin. */
export class PinDto {
  @ApiProperty({ example: 'PIN2', minLength: 4, maxLength: 8 })
  @Text()
  @CheckText(2, 'pin must be 4 to 8 characters', isPin)
  pin = '';

  @ApiPropertyOptional({ description: 'The present PIN, to show that its owner asks; the header X-Pin does the same.' })
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

/** A success without data. */
export class MessageDto {
  @ApiProperty({ example: 'pin set' })
  message!: string;
}
