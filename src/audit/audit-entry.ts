import type { AuditKind } from './audit-kinds.js';

/** Where a request came from, as the trail keeps it. */
export interface Origin {
  /** The contract, or the part of the native API. */
  readonly door: string;
  readonly ip: string | null;
  readonly userAgent: string | undefined;
  readonly requestId: string | null;
}

/** What the service does by itself. */
export const BY_SERVICE: Origin & { readonly actor: string } = {
  door: 'service',
  ip: null,
  userAgent: undefined,
  requestId: null,
  actor: 'service',
};

/** What is done on the command line. */
export const ON_COMMAND_LINE: Origin & { readonly actor: string } = {
  ...BY_SERVICE,
  door: 'command line',
  actor: 'command line',
};

/** An act to be recorded. */
export interface AuditEntry {
  readonly kind: AuditKind;
  readonly from: Origin;
  /** The code of the refusal, if the act was refused. */
  readonly refusal?: string;
  /** The account that it was done to. */
  readonly accountId?: number;
  /** The account that did it. */
  readonly actorId?: number;
  /** Who did it that is no account: a service client's id, `command line` or `service`. */
  readonly actor?: string;
  /** A name that belongs to no account; only an HMAC of it is kept. */
  readonly identifier?: string;
  readonly sessionId?: string;
  /** Number of acts that the entry stands for; 1 by default. */
  readonly count?: number;
  /** What else there is to say; no secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}
