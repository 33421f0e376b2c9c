import { ApiProperty } from '@nestjs/swagger';
import { CheckText } from '../contract-kit/dto.js';
import { isEmailAddress } from '../users/identifiers.js';

/** The body of a request for another link. */
export class ResendDto {
  @ApiProperty({ example: 'john@doe.com', format: 'email' })
  @CheckText(1, 'Must be an e-mail address.', isEmailAddress)
  email!: string;
}
