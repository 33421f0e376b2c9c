import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { AuditEntry } from '../audit/audit-entry.js';
import { AuditLog } from '../audit/audit-log.js';
import type { Client } from '../auth/door.js';
import { Clock } from '../config/clock.js';
import { LimitsService } from '../limits/limits.service.js';
import { TokenReadingService } from '../auth/tokens/token-reading.service.js';
import { type Scope, ServiceClientsService, stillGranted } from '../tokens/service-clients.service.js';
import { OAuthError, type OAuthRefusal } from './oauth-error.js';
import type { PresentedClient } from './presented-client.js';

/** The service client that a request comes from. */
export interface ServiceCaller {
  readonly id: string;
  /** What it may do, separated by spaces: of an access token what that was issued for, as far as the client still has it. */
  readonly scope: string;
  readonly from: Client;
}

/** Whether a caller has a scope. */
export function hasScope({ scope }: ServiceCaller, wanted: Scope): boolean {
  return scope.split(' ').includes(wanted);
}

/** How long a client that was allowed something is not looked up again, in milliseconds, and how many are remembered. */
const ALLOWED_FOR_MS = 1000;
const REMEMBERED = 1000;

/** Says which service client a request comes from. */
@Injectable()
export class ClientAuthenticationService {
  private readonly allowedAtMs = new LRUCache<string, number>({ max: REMEMBERED });

  constructor(
    private readonly clients: ServiceClientsService,
    private readonly tokens: TokenReadingService,
    private readonly limits: LimitsService,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * The client that asks for a token, by its secret.
   * @throws {OAuthError} `client_wrong`
   * @throws {AuthError} `too_many_attempts`
   */
  async bySecret(presented: PresentedClient, from: Client): Promise<ServiceCaller> {
    return this.identify(presented.by === 'token' ? { by: 'nothing we know' } : presented, {
      kind: 'client_token_issued',
      from,
    });
  }

  /**
   * The client that uses a route with a scope, by its secret or its access token.
   * @throws {OAuthError} `client_wrong`, `client_token_wrong` or `scope_insufficient`
   * @throws {AuthError} `too_many_attempts`
   */
  async withScope(scope: Scope, presented: PresentedClient, from: Client): Promise<ServiceCaller> {
    const act = { kind: 'client_refused', from } as const;
    const beganAtMs = this.clock.nowMs();
    const caller = await this.identify(presented, act);
    if (hasScope(caller, scope)) {
      if (presented.by === 'secret') this.allowedAtMs.set(keyOf(scope, presented), beganAtMs);
      return caller;
    }
    throw await this.refusal('scope_insufficient', { ...act, actor: caller.id });
  }

  /** Whether `withScope` let a client pass by its secret a moment ago. Nobody is refused by that, and nothing recorded. */
  wasAllowed(scope: Scope, presented: PresentedClient): boolean {
    if (presented.by !== 'secret') return false;
    const allowedAtMs = this.allowedAtMs.get(keyOf(scope, presented)) ?? -Infinity;
    // Either way: a clock may have been put back.
    return Math.abs(this.clock.nowMs() - allowedAtMs) < ALLOWED_FOR_MS;
  }

  private async identify(presented: PresentedClient, act: Act): Promise<ServiceCaller> {
    if (presented.by === 'secret') return this.ofSecret(presented, act);
    if (presented.by === 'token') return this.ofToken(presented, act);
    throw await this.refusal('client_wrong', act);
  }

  private async ofSecret({ id, secret }: PresentedBy<'secret'>, act: Act): Promise<ServiceCaller> {
    const client = await this.clients.authenticate(id, secret);
    if (client) return { id, scope: client.scopes, from: act.from };
    // People paste secrets into the wrong field: only an id that exists is kept as it is.
    const who = (await this.clients.exists(id)) ? { actor: id } : { identifier: id };
    throw await this.refusal('client_wrong', { ...act, ...who });
  }

  private async ofToken({ token }: PresentedBy<'token'>, act: Act): Promise<ServiceCaller> {
    const read = await this.tokens.read(token);
    if (read?.kind !== 'client') throw await this.refusal('client_token_wrong', act);
    const { sub: id, scope = '' } = read.claims;
    const client = await this.clients.findActive(id);
    if (client) return { id, scope: stillGranted(scope, client), from: act.from };
    throw await this.refusal('client_token_wrong', { ...act, actor: id });
  }

  /** @throws {AuthError} `too_many_attempts` instead, once the network was refused too often */
  private async refusal(refusal: OAuthRefusal, act: Act): Promise<OAuthError> {
    this.audit.record({ ...act, refusal });
    await this.limits.clientRefusal(act.from.ip);
    return new OAuthError(refusal);
  }
}

/** Tells a client with its secret from any other, and does not tell the secret. */
function keyOf(scope: Scope, { id, secret }: PresentedBy<'secret'>): string {
  return `${scope} ${id} ${hash('sha256', secret)}`;
}

type PresentedBy<By> = Extract<PresentedClient, { by: By }>;

/** What is recorded if the client is refused. */
interface Act extends Pick<AuditEntry, 'actor' | 'identifier'> {
  readonly kind: 'client_refused' | 'client_token_issued';
  readonly from: Client;
}
