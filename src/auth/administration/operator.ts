import { type AuditEntry, ON_COMMAND_LINE } from '../../audit/audit-entry.js';
import type { Principal } from '../door.js';

/** Who acts on other people's accounts: an administrator in a session, or somebody on the command line. */
export type Operator = Pick<AuditEntry, 'from' | 'actorId' | 'actor' | 'sessionId'>;

/** Somebody on the command line. */
export const AT_TERMINAL: Operator = { from: ON_COMMAND_LINE, actor: ON_COMMAND_LINE.actor };

/** The administrator that a request speaks for. */
export function operatorOf({ accountId, sessionId, client }: Principal): Operator {
  return { from: client, actorId: accountId, sessionId };
}
