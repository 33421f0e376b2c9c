import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { CookieController } from './cookie.controller.js';

/** Contract 2. */
@Module({ imports: [AuthModule], controllers: [CookieController] })
export class CookieModule {}
