import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OpaqueTokenController } from './opaque-token.controller.js';

/** Contract 3. */
@Module({ imports: [AuthModule], controllers: [OpaqueTokenController] })
export class OpaqueTokenModule {}
