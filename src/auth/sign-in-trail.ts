import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log.js';
import { Usage } from '../audit/usage.js';
import type { AuthErrorCode } from '../errors/auth-error.js';
import { KnownNetworks } from '../limits/known-networks.js';
import { networksOf } from '../network/networks.js';
import { Metrics } from '../metrics/metrics.js';
import type { LiveSession } from '../tokens/token-subject.js';
import type { Client, Door } from './door.js';
import { LastSignIns } from './last-sign-ins.js';

/** Refusals that are one in the metrics: told apart, they would tell which names there are. */
const TELLS_OF_NAMES: ReadonlySet<AuthErrorCode> = new Set(['account_unknown', 'password_wrong']);

/** Whom a sign-in was about: an account, or only a name. */
export interface Attempted {
  readonly accountId: number | undefined;
  readonly identifier?: string;
}

/** Notes wherever sign-ins are noted that there was one. Nothing here is on the path of the sign-in. */
@Injectable()
export class SignInTrail {
  constructor(
    private readonly audit: AuditLog,
    private readonly usage: Usage,
    private readonly metrics: Metrics,
    private readonly networks: KnownNetworks,
    private readonly lastSignIns: LastSignIns,
  ) {}

  refused(door: Door, { accountId, identifier }: Attempted, refusal: AuthErrorCode, from: Client): void {
    const whom = accountId === undefined ? { identifier } : { accountId };
    this.audit.record({ kind: 'signed_in', from, refusal, ...whom });
    const result = TELLS_OF_NAMES.has(refusal) ? 'credentials_wrong' : refusal;
    this.metrics.signIns.inc({ contract: door.name, result });
  }

  opened(door: Door, session: LiveSession, from: Client): void {
    const { id, accountId, createdAt } = session;
    this.audit.record({ kind: 'signed_in', from, accountId, actorId: accountId, sessionId: id });
    this.metrics.signIns.inc({ contract: door.name, result: 'success' });
    this.metrics.sessionsOpened.inc({ contract: door.name });
    this.usage.count(door.name, 'sign_ins');
    this.networks.note(accountId, networksOf(from.ip));
    this.lastSignIns.note(accountId, createdAt);
  }
}
