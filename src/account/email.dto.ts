import { IsString } from 'class-validator';
import { at, CheckText } from '../contract-kit/dto.js';
import { ApiProperty } from '../contract-kit/openapi.js';
import { isNewEmailAddress } from '../users/identifiers.js';
import { NotEmpty } from './credentials.dto.js';

const TEXT = at(1, 'Must be a text.');

/** The body of a request for a link. */
export class LinkRequestDto {
  @ApiProperty({ example: '', format: 'email' })
  @IsString(TEXT)
  email!: string;
}

/** The body of a change of the e-mail address. */
export class EmailChangeDto {
  @ApiProperty({ example: '', format: 'email' })
  @CheckText(1, 'Must be an e-mail address.', isNewEmailAddress)
  email!: string;

  @ApiProperty({ format: 'password' })
  @IsString(TEXT)
  @NotEmpty()
  password!: string;
}
