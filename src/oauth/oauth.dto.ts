import { IsString } from 'class-validator';
import { at, Trimmed } from '../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';

/** Every refusal of the OAuth routes (RFC 6749 §5.2). */
export class OAuthErrorDto {
  @ApiProperty({ example: 'invalid_request', description: 'Stable: programs compare this.' })
  error!: string;

  @ApiProperty({ example: 'The parameter token is missing.' })
  error_description!: string;
}

/** A client that does not authenticate by the header. The examples are empty, as Swagger UI would send others. */
class PostedClientDto {
  @ApiPropertyOptional({ example: '', description: 'The id of the client, if it authenticates in the body.' })
  client_id?: string;

  @ApiPropertyOptional({ example: '', description: 'Its secret.', format: 'password' })
  client_secret?: string;
}

/** The body of a request for a token. */
export class TokenRequestDto extends PostedClientDto {
  @ApiProperty({ enum: ['client_credentials'] })
  @IsString(at(1, 'The parameter grant_type is missing.'))
  grant_type!: string;

  @ApiPropertyOptional({ example: '', description: 'Separated by spaces; without it, every scope of the client.' })
  scope?: string;
}

/** An access token for a service client. */
export class TokenDto {
  @ApiProperty({ example: '<access-token>' })
  access_token!: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type!: 'Bearer';

  @ApiProperty({ example: 900, description: 'In seconds.' })
  expires_in!: number;

  @ApiPropertyOptional({ example: 'introspect', description: 'Separated by spaces; not there if there is none.' })
  scope?: string;
}

/** The body of a request about a token. */
export class AboutTokenDto extends PostedClientDto {
  @ApiProperty({ example: '<token>', description: 'A token of any contract and kind.' })
  @Trimmed()
  @IsString(at(1, 'The parameter token is missing.'))
  token!: string;

  @ApiPropertyOptional({ example: '', description: 'What the caller takes it for; no hint changes the answer.' })
  token_type_hint?: string;
}
