/** A time to the minute, for people everywhere. @param at as ISO 8601 writes it */
export function minuteOf(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
