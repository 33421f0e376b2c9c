import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { EmailVerificationController } from './email-verification.controller.js';

/** The native routes for people. */
@Module({ imports: [AuthModule], controllers: [EmailVerificationController] })
export class AccountModule {}
