import type { Config } from '../config/env.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';
import { SCOPES } from '../tokens/service-clients.service.js';

const SCOPE_NAMES = Object.keys(SCOPES);
const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'];

/** A public key that access tokens are verified with (RFC 7517). */
class JwkDto {
  @ApiProperty({ enum: ['EC', 'RSA'] })
  kty!: string;

  @ApiProperty({ example: '5c9V0Jt6Gm8gXq1m0i2rYF0hSg3CzPp0n4zZb2a8v1E' })
  kid!: string;

  @ApiProperty({ enum: ['ES256', 'RS256'] })
  alg!: string;

  @ApiProperty({ enum: ['sig'] })
  use!: string;

  @ApiPropertyOptional({ example: 'P-256' })
  crv?: string;

  @ApiPropertyOptional()
  x?: string;

  @ApiPropertyOptional()
  y?: string;

  @ApiPropertyOptional({ description: 'Of an RSA key, as `e` is.' })
  n?: string;

  @ApiPropertyOptional()
  e?: string;
}

/** The keys that access tokens are verified with. */
export class JwksDto {
  @ApiProperty({ type: [JwkDto] })
  keys!: JwkDto[];
}

/** What clients have to know of the service (RFC 8414 §2). What there is none of is left out (§3.2), as are response types. */
export class ServerMetadataDto {
  @ApiProperty({ example: 'http://localhost:3000' })
  readonly issuer: string;

  @ApiProperty({ example: 'http://localhost:3000/oauth/token' })
  readonly token_endpoint: string;

  @ApiProperty({ example: 'http://localhost:3000/.well-known/jwks.json' })
  readonly jwks_uri: string;

  @ApiProperty({ example: 'http://localhost:3000/oauth/introspect' })
  readonly introspection_endpoint: string;

  @ApiProperty({ example: 'http://localhost:3000/oauth/revoke' })
  readonly revocation_endpoint: string;

  @ApiPropertyOptional({ type: String, example: 'http://localhost:3000/docs', description: 'Unless `DOCS=off`.' })
  readonly service_documentation?: string;

  @ApiProperty({ example: SCOPE_NAMES })
  readonly scopes_supported: string[] = SCOPE_NAMES;

  @ApiProperty({ example: ['client_credentials'] })
  readonly grant_types_supported: string[] = ['client_credentials'];

  @ApiProperty({ example: SECRET_METHODS })
  readonly token_endpoint_auth_methods_supported: string[] = SECRET_METHODS;

  @ApiProperty({ example: [...SECRET_METHODS, 'Bearer'] })
  readonly introspection_endpoint_auth_methods_supported: string[] = [...SECRET_METHODS, 'Bearer'];

  @ApiProperty({ example: SECRET_METHODS })
  readonly revocation_endpoint_auth_methods_supported: string[] = SECRET_METHODS;

  constructor({ PUBLIC_URL: issuer, DOCS }: Config) {
    this.issuer = issuer;
    this.token_endpoint = `${issuer}/oauth/token`;
    this.jwks_uri = `${issuer}/.well-known/jwks.json`;
    this.introspection_endpoint = `${issuer}/oauth/introspect`;
    this.revocation_endpoint = `${issuer}/oauth/revoke`;
    if (DOCS) this.service_documentation = `${issuer}/docs`;
  }
}
