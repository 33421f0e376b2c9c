import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';

/** The routes for services, by the standards of OAuth 2.0. */
@Module({ imports: [AuthModule] })
export class OAuthModule {}
