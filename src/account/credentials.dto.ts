import { IsString } from 'class-validator';
import { at, Check, CheckText } from '../contract-kit/dto.js';
import { ApiProperty } from '../contract-kit/openapi.js';
import { isPin } from '../users/identifiers.js';

const TEXT = 'Must be a text.';

/** Swagger UI begins with this, which must not count as a wrong password. */
export const NotEmpty = (): PropertyDecorator => Check(2, 'Must not be empty.', (value) => value !== '');

/** The body of a change of password. */
export class PasswordChangeDto {
  @ApiProperty({ format: 'password' })
  @IsString(at(1, TEXT))
  @NotEmpty()
  old_password!: string;

  @ApiProperty({ format: 'password' })
  @IsString(at(1, TEXT))
  new_password!: string;
}

/** The body of a proof of the PIN. */
export class PinProofDto {
  @ApiProperty({ minLength: 4, maxLength: 8, format: 'password' })
  @CheckText(1, 'Must be a text of 4 to 8 characters.', isPin)
  pin!: string;
}

/** The body of an erasure. */
export class ErasureDto {
  @ApiProperty({ format: 'password' })
  @IsString(at(1, TEXT))
  @NotEmpty()
  password!: string;
}
