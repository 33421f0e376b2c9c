import type { LiveToken } from '../auth/tokens/token-introspection.service.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';
import { CLIENT_TOKEN_USE } from '../tokens/access-token-claims.js';

/** What a token is worth (RFC 7662 §2.2). Of a token that does not count, only `active`. */
export class IntrospectionDto {
  @ApiProperty({ example: true })
  active!: boolean;

  @ApiPropertyOptional({
    enum: ['Bearer', 'refresh_token'],
    description:
      'Bearer: an access token or an opaque one. A refresh token opens nothing, and is told of to clients with the scope introspect:refresh alone.',
  })
  token_type?: 'Bearer' | 'refresh_token';

  @ApiPropertyOptional({ enum: [CLIENT_TOKEN_USE], description: 'There only if it is the token of a service client.' })
  token_use?: typeof CLIENT_TOKEN_USE;

  @ApiPropertyOptional({ example: 'http://localhost:3000' })
  iss?: string;

  @ApiPropertyOptional({ example: 'http://localhost:3000', description: 'Not there for a refresh token.' })
  aud?: string;

  @ApiPropertyOptional({ example: '1', description: 'The id of the account, or of the service client.' })
  sub?: string;

  @ApiPropertyOptional({ example: 'token-pair', description: 'The contract, or the service client.' })
  client_id?: string;

  @ApiPropertyOptional({ example: 'my_username', description: 'Of an account that has one.' })
  username?: string;

  @ApiPropertyOptional({ example: 'introspect', description: 'Only service clients have scopes.' })
  scope?: string;

  @ApiPropertyOptional({ example: 1763600000, description: 'In seconds since the epoch.' })
  iat?: number;

  @ApiPropertyOptional({
    example: 1763603600,
    description: 'In seconds since the epoch; of an opaque token, if unused.',
  })
  exp?: number;

  @ApiPropertyOptional({ example: '4f1c9a52-6d0e-4b8e-9a1f-2c7d5e8b3a60', description: 'The session.' })
  sid?: string;

  @ApiPropertyOptional({
    example: 'b7e2d3c4-1a5f-4e6b-8c9d-0f1a2b3c4d5e',
    description: 'Not there for an opaque token.',
  })
  jti?: string;
}

/** The answer about a token. */
export function introspectionOf(token: LiveToken | undefined): IntrospectionDto {
  if (!token) return { active: false };
  return {
    active: true,
    token_type: token.kind === 'refresh' ? 'refresh_token' : 'Bearer',
    token_use: token.kind === 'client' ? CLIENT_TOKEN_USE : undefined,
    iss: token.issuer,
    aud: token.audience,
    sub: token.subject,
    client_id: token.clientId,
    username: token.username,
    scope: token.scope,
    iat: token.issuedAt,
    exp: token.expiresAt,
    sid: token.sessionId,
    jti: token.tokenId,
  };
}
