import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from '../audit/audit.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailDelivery } from '../mail/mail-delivery.js';
import { GivenUpMails } from '../mail/given-up-mails.js';
import { MailComposer } from '../mail/mail-job.js';
import { MailModule } from '../mail/mail.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { NameKeys } from '../users/name-keys.js';
import { UsersModule } from '../users/users.module.js';
import { AccountErasureService } from './account/account-erasure.service.js';
import { AccountProfileService } from './account/account-profile.service.js';
import { AccountSessionsService } from './account/account-sessions.service.js';
import { ChosenAddresses } from './by-mail/chosen-addresses.js';
import { EmailChangeService } from './by-mail/email-change.service.js';
import { EmailProofs } from './by-mail/email-proofs.service.js';
import { EmailLinksService } from './by-mail/email-links.service.js';
import { AdministrationAccountsService } from './administration/administration-accounts.service.js';
import { AdministrationListService } from './administration/administration-list.service.js';
import { AdministrationSessionsService } from './administration/administration-sessions.service.js';
import { ActTrail } from './act-trail.js';
import { IdleTimes } from './doors.js';
import { AdministrationService } from './administration/administration.service.js';
import { HelpDeskService } from './administration/help-desk.service.js';
import { SessionOverviewService } from './administration/session-overview.service.js';
import { TrailReadingService } from './administration/trail-reading.service.js';
import { EmailVerificationService } from './by-mail/email-verification.service.js';
import { Grants } from './grant.js';
import { SameOriginGuard } from './guards/same-origin.guard.js';
import { HousekeepingService } from './housekeeping.service.js';
import { KeyRotationService } from './keys/key-rotation.service.js';
import { LastSignIns } from './last-sign-ins.js';
import { GivenUpMailsService } from './by-mail/given-up-mails.service.js';
import { MailComposerService } from './by-mail/mail-composer.service.js';
import { LinkPassword } from './by-mail/link-password.service.js';
import { MailRequests } from './by-mail/mail-requests.js';
import { MailedLinks } from './by-mail/mailed-links.service.js';
import { Notices } from './by-mail/notices.js';
import { ProvedAddresses } from './by-mail/proved-addresses.js';
import { OpaqueMemories } from './sessions/opaque-memory.js';
import { OpaqueSessionsService } from './sessions/opaque-sessions.service.js';
import { OwnerCheck } from './account/owner-check.service.js';
import { PasswordResetService } from './by-mail/password-reset.service.js';
import { PasswordsService } from './passwords.service.js';
import { PinsService } from './pins.service.js';
import { RefreshService } from './refresh.service.js';
import { RegistrationService } from './registration.service.js';
import { RevocationService } from './sessions/revocation.service.js';
import { GraceUses } from './sessions/grace-uses.js';
import { SessionActivity } from './sessions/session-activity.js';
import { SessionEndingService } from './sessions/session-ending.service.js';
import { SignInService } from './sign-in.service.js';
import { SignInTrail } from './sign-in-trail.js';
import { TokenIntrospectionService } from './tokens/token-introspection.service.js';
import { TokenReadingService } from './tokens/token-reading.service.js';
import { TokenRevocationService } from './tokens/token-revocation.service.js';
import { TokenVerificationService } from './tokens/token-verification.service.js';
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
  PasswordResetService,
  PinsService,
  EmailVerificationService,
  EmailChangeService,
  EmailLinksService,
  OpaqueSessionsService,
  TokenVerificationService,
  TokenReadingService,
  TokenIntrospectionService,
  TokenRevocationService,
  SessionEndingService,
  OwnerCheck,
  AccountProfileService,
  AccountSessionsService,
  AccountErasureService,
  AdministrationService,
  AdministrationAccountsService,
  AdministrationSessionsService,
  AdministrationListService,
  HelpDeskService,
  SessionOverviewService,
  TrailReadingService,
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
    ProvedAddresses,
    EmailProofs,
    LinkPassword,
    MailRequests,
    ChosenAddresses,
    MailedLinks,
    LastSignIns,
    GraceUses,
    SessionActivity,
    SignInTrail,
    ActTrail,
    IdleTimes,
    OpaqueMemories,
    SameOriginGuard,
    KeyRotationService,
    HousekeepingService,
    NameKeys,
    { provide: MailComposer, useClass: MailComposerService },
    { provide: GivenUpMails, useClass: GivenUpMailsService },
    MailDelivery,
  ],
  exports: [
    ...ACTS,
    ...STRATEGIES,
    SameOriginGuard,
    MailDelivery,
    GivenUpMails,
    UsersModule,
    TokensModule,
    AuditModule,
    LimitsModule,
  ],
})
export class AuthModule {}
