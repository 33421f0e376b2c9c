import { AuditEvent } from './audit/audit-event.entity.js';
import { UsageDay } from './audit/usage-day.entity.js';
import { KnownNetwork } from './limits/known-network.entity.js';
import { RateLimit } from './limits/rate-limit.entity.js';
import { WaitingMail } from './mail/mail.entity.js';
import { OneTimeToken } from './tokens/one-time-token.entity.js';
import { ServiceClient } from './tokens/service-client.entity.js';
import { Session } from './tokens/session.entity.js';
import { SigningKey } from './tokens/signing-key.entity.js';
import { PasswordCost } from './users/password-cost.entity.js';
import { User } from './users/user.entity.js';

/** Every table, for the service and for the TypeORM command line. */
export const ENTITIES = [
  User,
  PasswordCost,
  Session,
  SigningKey,
  OneTimeToken,
  ServiceClient,
  AuditEvent,
  UsageDay,
  RateLimit,
  KnownNetwork,
  WaitingMail,
];
