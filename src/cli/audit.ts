import { jsonLines } from '../admin/audit-lines.js';
import { AuditFilterDto, trailAsked } from '../admin/audit-query.dto.js';
import { AT_TERMINAL } from '../auth/administration/operator.js';
import { TrailReadingService } from '../auth/administration/trail-reading.service.js';
import { readEnvironment } from '../config/env.js';
import { ClaimsStore } from '../users/claims.store.js';
import { checkedOptions } from './checked-options.js';
import { demandWritten } from './output.js';
import { demandRecorded, withServices } from './services.js';

const NEEDS = { providers: [ClaimsStore, TrailReadingService] };

/** `latchkey audit export`. @throws {CommandError} for an option that means nothing */
export async function exportAudit(options: AuditFilterDto): Promise<void> {
  const asked = trailAsked(checkedOptions(AuditFilterDto, options));
  await withServices(readEnvironment(), NEEDS, async (services) => {
    for await (const events of services.get(TrailReadingService).export(AT_TERMINAL, asked)) {
      // Nothing is printed before its export is on record.
      await demandRecorded(services);
      process.stdout.write(jsonLines(events));
      // No more is read than the reader takes.
      await demandWritten();
    }
  });
}
