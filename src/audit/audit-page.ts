import type { AuditEvent } from './audit-event.entity.js';

/** A page of the trail. */
export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** The id after which the next page begins, if there is one. */
  readonly next: string | undefined;
}

/** Merges pages that start at one place, down to the last event that all of them cover. */
export function merged(pages: readonly AuditPage[], limit: number): AuditPage {
  const reach = pages.reduce((least, { next = '' }) => (next > least ? next : least), '');
  const events = pages
    .flatMap((page) => page.events)
    .filter(({ id }) => id >= reach)
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  return events.length > limit
    ? { events: events.slice(0, limit), next: events[limit - 1]?.id }
    : { events, next: reach || undefined };
}
