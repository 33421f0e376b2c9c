import { IsString } from 'class-validator';
import { at, CheckText } from '../contract-kit/dto.js';
import { ApiProperty } from '../contract-kit/openapi.js';
import { isPin } from '../users/identifiers.js';

const TEXT = 'Must be a text.';

/** The body of a change of password. */
export class PasswordChangeDto {
  @ApiProperty({ example: 'correct horse', format: 'password' })
  @IsString(at(1, TEXT))
  old_password!: string;

  @ApiProperty({ example: 'battery staple', format: 'password' })
  @IsString(at(1, TEXT))
  new_password!: string;
}

/** The body of a proof of the PIN. */
export class PinProofDto {
  @ApiProperty({ example: 'PIN2', minLength: 4, maxLength: 8, format: 'password' })
  @CheckText(1, 'Must be a text of 4 to 8 characters.', isPin)
  pin!: string;
}

/** The body of an erasure. */
export class ErasureDto {
  @ApiProperty({ example: 'correct horse', format: 'password' })
  @IsString(at(1, TEXT))
  password!: string;
}
