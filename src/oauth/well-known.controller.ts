import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '../auth/decorators/public.js';
import { Config } from '../config/env.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiOkResponse, ApiOperation, ApiTags, getSchemaPath, ApiExtraModels } from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { PublishedKeys } from './published-keys.js';
import { JwksDto, ServerMetadataDto } from './server-metadata.dto.js';

/** A key is published much longer before it signs, so that no cache misses it: see `KEY_PUBLISH_AHEAD`. */
const CACHEABLE = 'public, max-age=600';

/** What services look up to verify tokens by themselves. */
@Controller('.well-known')
@ApiTags('oauth')
@Public()
export class WellKnownController {
  private readonly metadata: ServerMetadataDto;

  constructor(
    private readonly keys: PublishedKeys,
    config: Config,
  ) {
    this.metadata = new ServerMetadataDto(config);
  }

  @Get('jwks.json')
  @Header('cache-control', CACHEABLE)
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({
    operationId: 'showKeys',
    summary: 'The public keys of access tokens, whatever the contract (RFC 7517)',
  })
  @ApiExtraModels(JwksDto)
  @ApiOkResponse({ content: { 'application/json': { schema: { $ref: getSchemaPath(JwksDto) } } } })
  @Refusals({ ...NATIVE, needsStore: false })
  jwks(): string {
    return this.keys.asJson();
  }

  @Get('oauth-authorization-server')
  @Header('cache-control', CACHEABLE)
  @ApiOperation({ operationId: 'showMetadata', summary: 'What clients have to know of the service (RFC 8414)' })
  @ApiOkResponse({ type: ServerMetadataDto })
  @Refusals({ ...NATIVE, needsStore: false })
  describe(): ServerMetadataDto {
    return this.metadata;
  }

  @Get('openid-configuration')
  @Header('cache-control', CACHEABLE)
  @ApiOperation({
    operationId: 'showMetadataForOpenId',
    summary: 'The same metadata, where many libraries look for it (RFC 8414 §5); no ID token is issued',
  })
  @ApiOkResponse({ type: ServerMetadataDto })
  @Refusals({ ...NATIVE, needsStore: false })
  describeForOpenId(): ServerMetadataDto {
    return this.metadata;
  }
}
