import { Readable } from 'node:stream';
import type { AuditEvent } from '../audit/audit-event.entity.js';
import type { Client } from '../auth/door.js';
import { eventDto } from './audit-event.dto.js';

/** Events as JSON lines, read only as fast as they are taken. */
export function linesOf(pages: AsyncIterable<readonly AuditEvent[]>, client: Pick<Client, 'endTurn'>): Readable {
  return Readable.from(textsOf(pages, client), { objectMode: false });
}

/** Events as JSON lines. */
export function jsonLines(events: readonly AuditEvent[]): string {
  return events.map((event) => `${JSON.stringify(eventDto(event))}\n`).join('');
}

async function* textsOf(
  pages: AsyncIterable<readonly AuditEvent[]>,
  client: Pick<Client, 'endTurn'>,
): AsyncGenerator<string> {
  for await (const events of pages) {
    // However long it takes, other requests of the site need not wait for it.
    client.endTurn();
    yield jsonLines(events);
  }
}
