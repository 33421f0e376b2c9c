import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { AccountController } from './account.controller.js';
import { EmailChangeController } from './email-change.controller.js';
import { EmailVerificationController } from './email-verification.controller.js';
import { HomeController } from './home.controller.js';
import { PasswordResetController } from './password-reset.controller.js';
import { PinController } from './pin.controller.js';
import { ProfileShortCut } from './profile.short-cut.js';
import { SessionsController } from './sessions.controller.js';

/** The native routes for people. */
@Module({
  imports: [AuthModule],
  controllers: [
    HomeController,
    AccountController,
    PinController,
    SessionsController,
    EmailChangeController,
    EmailVerificationController,
    PasswordResetController,
  ],
  providers: [ProfileShortCut],
})
export class AccountModule {}
