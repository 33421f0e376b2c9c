import { IsString } from 'class-validator';
import { type FieldReader, readFormOrJson } from '../contract-kit/body.js';
import { at, Check, CheckText } from '../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';
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

/** The body of a confirmation, as the form of the page sends it: nothing, unless a password is asked for. */
export class LinkConfirmationDto {
  @ApiPropertyOptional({
    type: String,
    format: 'password',
    description: 'The present password of the account, if it is asked for.',
  })
  @Check(1, 'Must be a text.', (value) => value === undefined || typeof value === 'string')
  password?: string;
}

const readFields: FieldReader = async (body) => (body?.bytes.length ? readFormOrJson(body) : {});

/** Reads the bodies that the page of a link takes: its form, JSON, or none. */
export const FORM_JSON_OR_NOTHING = { readFields };
