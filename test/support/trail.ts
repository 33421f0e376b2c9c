import { DataSource } from 'typeorm';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import type { Service } from './service.js';

/** What the audit trail has of a kind about an account, in the order in which it was recorded. */
export async function trailOf(
  { app }: Service,
  accountId: number,
  kind: AuditEvent['kind'],
): Promise<readonly AuditEvent[]> {
  await app.get(AuditLog).flush();
  return app
    .get(DataSource)
    .getRepository(AuditEvent)
    .find({ where: { accountId, kind }, order: { id: 'ASC' } });
}
