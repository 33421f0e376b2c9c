import { IsString } from 'class-validator';
import { type FieldReader, isFormType, readFormOrJson, readForm, readJson } from '../contract-kit/body.js';
import { at } from '../contract-kit/dto.js';
import { ApiProperty } from '../contract-kit/openapi.js';
import { PASSWORD_MIN_LENGTH } from '../users/password-policy.js';

/** The body of a new password, as the form of the page sends it. */
export class NewPasswordDto {
  @ApiProperty({ format: 'password', minLength: PASSWORD_MIN_LENGTH })
  @IsString(at(1, 'Must be a text.'))
  password!: string;
}

/** Reads the bodies that the page of a link takes: its form, or JSON. */
export const FORM_OR_JSON = { readFields: readFormOrJson };

/** How a request for a link is read: JSON as at every native route; of a form the address, whatever else a page puts there. */
export const LINK_REQUEST = {
  readFields: (async (body) => {
    if (!body || !isFormType(body.mediaType)) return readJson(body);
    const { email } = await readForm(body);
    return { email };
  }) satisfies FieldReader,
  refusesUnknown: true,
};
