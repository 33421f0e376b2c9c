import { JsonText, writeJson } from './json-text.js';
import type { Operation } from './operations.js';

/** How the fields of a body are written. */
export type Encoding = 'json' | 'urlencoded' | 'multipart' | 'none';

/** A request in the making: it starts as a valid example of its operation, and is mutated. */
export interface Draft {
  readonly operation: Operation;
  method: string;
  /** Path and query, one character for each byte. */
  target: string;
  /** One character for each byte; `host` and `content-length` are added when it is written, unless they are here. */
  headers: [name: string, value: string][];
  /** What the body says: as a rule an object with its fields. */
  body: unknown;
  encoding: Encoding;
  /** The body as it is sent, once it is written. */
  bytes: Buffer | undefined;
  /** Whether the server's parser may refuse it, so that nobody can know whose it was. */
  mayBeUnparsable: boolean;
  /** Whether it is made with a session that has to last. */
  isHarmless: boolean;
  /** What was done to it. */
  readonly mutations: string[];
}

const BOUNDARY = 'latchkey-fuzz-boundary';

/** The media type that says how a body is written. */
export const MEDIA_TYPES: Readonly<Record<Encoding, string | undefined>> = {
  json: 'application/json',
  urlencoded: 'application/x-www-form-urlencoded',
  multipart: `multipart/form-data; boundary=${BOUNDARY}`,
  none: undefined,
};

/** Writes the body of a draft, and labels it, unless it has a label already. */
export function writeBody(draft: Draft): void {
  const mediaType = MEDIA_TYPES[draft.encoding];
  if (mediaType !== undefined && headerOf(draft, 'content-type') === undefined)
    draft.headers.push(['content-type', mediaType]);
  draft.bytes = bytesOf(draft.encoding, draft.body);
}

/** The request as it goes over the wire. */
export function written({ method, target, headers, bytes }: Draft): Buffer {
  const has = (name: string): boolean => headers.some(([key]) => key.toLowerCase() === name);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  if (!has('host')) lines.unshift('host: latchkey.test\r\n');
  if (bytes && !has('content-length')) lines.push(`content-length: ${bytes.length}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  return bytes ? Buffer.concat([head, bytes]) : head;
}

/** The value of a draft's header, if it has it. */
export function headerOf({ headers }: Pick<Draft, 'headers'>, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Gives a draft a header in the place of those of the same name. */
export function setHeader(draft: Draft, name: string, value: string): void {
  draft.headers = [...draft.headers.filter(([key]) => key.toLowerCase() !== name), [name, value]];
}

/** Whether a body is an object whose fields can be mutated one by one. */
export function hasFields(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && !(body instanceof JsonText);
}

function bytesOf(encoding: Encoding, body: unknown): Buffer | undefined {
  if (encoding === 'none') return undefined;
  if (encoding === 'json') return Buffer.from(writeJson(body));
  const pairs = Object.entries(hasFields(body) ? body : { body }).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : writeJson(value),
  ]);
  return Buffer.from(encoding === 'urlencoded' ? String(new URLSearchParams(pairs)) : multipartOf(pairs));
}

function multipartOf(pairs: readonly (readonly [string, string])[]): string {
  const parts = pairs.map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--${BOUNDARY}--\r\n`;
}
