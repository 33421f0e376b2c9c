import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { BareTokenController } from './bare-token.controller.js';

/** Contract 0. */
@Module({ imports: [AuthModule], controllers: [BareTokenController] })
export class BareTokenModule {}
