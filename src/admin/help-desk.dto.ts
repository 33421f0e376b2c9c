import { Check, CheckText } from '../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';
import { isNewEmailAddress } from '../users/identifiers.js';

/** The body that sets an account's address. */
export class AccountEmailDto {
  @ApiProperty({ type: String, format: 'email', example: '' })
  @CheckText(1, 'Must be an e-mail address of at most 254 characters.', isNewEmailAddress)
  email!: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description:
      'True if its owner has proved it to you; otherwise a link is mailed there, and it counts once that is followed.',
  })
  @Check(1, 'Must be true or false.', (value) => value === undefined || typeof value === 'boolean')
  email_verified?: boolean;
}
