import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { TokenPairController } from './token-pair.controller.js';

/** Contract 1. */
@Module({ imports: [AuthModule], controllers: [TokenPairController] })
export class TokenPairModule {}
