/** The place in a list after which its next page begins: the columns that the list is ordered by. */
export type CursorValues = readonly (string | number)[];

/** The longest cursor that is looked at, in characters. */
const CURSOR_LENGTH = 2048;

/** base64url without padding. */
const CURSOR = /^[A-Za-z0-9_-]+$/;

/** A place in a list as a text that callers hand back as it is. */
export function encodeCursor(values: CursorValues): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The place that a text stands for, or `undefined` for a text that `encodeCursor` cannot have made. */
export function decodeCursor(text: string): (string | number)[] | undefined {
  if (text.length > CURSOR_LENGTH || !CURSOR.test(text)) return undefined;
  const values = parsed(Buffer.from(text, 'base64url').toString());
  if (!Array.isArray(values) || !values.every(isCursorValue)) return undefined;
  return encodeCursor(values) === text ? values : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** PostgreSQL takes no text with a NUL in it, or with half a surrogate pair. */
function isCursorValue(value: unknown): value is string | number {
  return typeof value === 'string' ? !/\0|\p{Cs}/u.test(value) : typeof value === 'number';
}
