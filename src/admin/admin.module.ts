import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';

/** The native routes for operators. */
@Module({ imports: [AuthModule] })
export class AdminModule {}
