import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from '../audit/audit.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from '../mail/mail.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { EmailVerificationService } from './email-verification.service.js';
import { Grants } from './grant.js';
import { SameOriginGuard } from './guards/same-origin.guard.js';
import { HousekeepingService } from './housekeeping.service.js';
import { KeyRotationService } from './key-rotation.service.js';
import { LastSignIns } from './last-sign-ins.js';
import { Notices } from './notices.js';
import { OpaqueSessionsService } from './opaque-sessions.service.js';
import { OwnerCheck } from './owner-check.service.js';
import { PasswordsService } from './passwords.service.js';
import { PinsService } from './pins.service.js';
import { RefreshService } from './refresh.service.js';
import { RegistrationService } from './registration.service.js';
import { RevocationService } from './revocation.service.js';
import { SessionActivity } from './session-activity.js';
import { SessionEndingService } from './session-ending.service.js';
import { SignInService } from './sign-in.service.js';
import { SignInTrail } from './sign-in-trail.js';
import { TokenVerificationService } from './token-verification.service.js';
import { AccessTokenStrategy } from './strategies/access-token.strategy.js';
import { LocalStrategy } from './strategies/local.strategy.js';
import { OpaqueTokenStrategy } from './strategies/opaque-token.strategy.js';
import { RefreshTokenStrategy } from './strategies/refresh-token.strategy.js';

const ACTS = [
  RegistrationService,
  SignInService,
  RefreshService,
  RevocationService,
  PasswordsService,
  PinsService,
  EmailVerificationService,
  OpaqueSessionsService,
  TokenVerificationService,
  SessionEndingService,
  OwnerCheck,
];

const STRATEGIES = [LocalStrategy, AccessTokenStrategy, RefreshTokenStrategy, OpaqueTokenStrategy];

/** The acts, and the strategies that say who asks for them. */
@Module({
  imports: [PassportModule, ScheduleModule.forRoot(), UsersModule, TokensModule, MailModule, AuditModule, LimitsModule],
  providers: [
    ...ACTS,
    ...STRATEGIES,
    Grants,
    Notices,
    LastSignIns,
    SessionActivity,
    SignInTrail,
    SameOriginGuard,
    KeyRotationService,
    HousekeepingService,
  ],
  exports: [...ACTS, SameOriginGuard, UsersModule, TokensModule, AuditModule, LimitsModule],
})
export class AuthModule {}
