import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ClientAuthenticationService } from './client-authentication.service.js';
import { ClientCredentialsService } from './client-credentials.service.js';
import { IntrospectionShortCut } from './introspection.short-cut.js';
import { OAuthController } from './oauth.controller.js';
import { PublishedKeys } from './published-keys.js';
import { WellKnownController } from './well-known.controller.js';

/** The routes for services, by the standards of OAuth 2.0. */
@Module({
  imports: [AuthModule],
  controllers: [WellKnownController, OAuthController],
  providers: [PublishedKeys, ClientAuthenticationService, ClientCredentialsService, IntrospectionShortCut],
})
export class OAuthModule {}
