import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Config } from '../config/env.js';
import { AccessTokenIssuer } from '../tokens/access-token-issuer.js';
import type { ServiceCaller } from './client-authentication.service.js';
import type { TokenDto, TokenRequestDto } from './oauth.dto.js';
import { OAuthError } from './oauth-error.js';

/** The grant of RFC 6749 §4.4: an access token for a service client itself. */
@Injectable()
export class ClientCredentialsService {
  constructor(
    private readonly issuer: AccessTokenIssuer,
    private readonly audit: AuditLog,
    private readonly config: Config,
  ) {}

  /** @throws {OAuthError} `grant_type_unsupported` or `scope_invalid` */
  async issue(
    { id, scope: granted, from }: ServiceCaller,
    { grant_type, scope: wanted }: TokenRequestDto,
  ): Promise<TokenDto> {
    if (grant_type !== 'client_credentials') throw new OAuthError('grant_type_unsupported');
    const act = { kind: 'client_token_issued', from, actor: id } as const;
    const scope = scopeOf(wanted ?? granted, granted);
    if (scope === undefined) {
      this.audit.record({ ...act, refusal: 'scope_invalid' });
      throw new OAuthError('scope_invalid');
    }
    this.audit.record({ ...act, detail: { scope } });
    return {
      access_token: await this.issuer.issueForClient(id, scope),
      token_type: 'Bearer',
      expires_in: this.config.CLIENT_TOKEN_TTL,
      ...(scope && { scope }),
    };
  }
}

/** The scopes that are wanted, each once; `undefined` if one of them is not granted. Both are separated by spaces. */
function scopeOf(wanted: string, granted: string): string | undefined {
  const scopes = [...new Set(wanted.split(' '))];
  return scopes.every((scope) => granted.split(' ').includes(scope)) ? scopes.join(' ') : undefined;
}
