import { randomUUID } from 'node:crypto';
import { RequestError, type WireErrorDetails } from './wire-error.js';

/** A body as it came: its contract parses it, after whatever that contract checks first. */
export class RawBody {
  constructor(
    private readonly content: Buffer,
    /** The header Content-Type as sent, '' if there was none. */
    readonly mediaType: string,
    /** The header Content-Encoding as sent, if it says that the body is compressed. */
    private readonly compression?: string,
  ) {}

  /** Nothing is decompressed: a route that reads the body takes none that is. @throws {RequestError} `media_type_unsupported` */
  get bytes(): Buffer {
    if (this.compression === undefined) return this.content;
    throw new RequestError('media_type_unsupported', { mediaType: this.compression, acceptEncoding: 'identity' });
  }
}

/** The fields of a body, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the fields of a body; a request without one has `undefined`.
 * @throws {RequestError} `body_malformed`, `body_not_object` or `media_type_unsupported`
 */
export type FieldReader = (body: RawBody | undefined) => Promise<Fields>;

/** A text without escapes, such as a token: decoding it takes ten times as long as seeing that. */
const PLAIN_TEXT = /^[\w.~*-]*$/;

const FORM_TYPE = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;
const MULTIPART_TYPE = /^multipart\/form-data/i;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The byte order mark: at the very beginning of JSON it is none of it (RFC 8259 §8.1), in a value a character like others. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Whether a media type is one that HTML forms send. */
export function isFormType(mediaType: string): boolean {
  return FORM_TYPE.test(mediaType);
}

/** Whether a media type is that of a form in parts. */
export function isMultipartType(mediaType: string): boolean {
  return MULTIPART_TYPE.test(mediaType);
}

/** Whether a media type is JSON. */
export function isJsonType(mediaType: string): boolean {
  return JSON_TYPE.test(mediaType);
}

/** Reads JSON, whatever the media type says. No body at all is malformed JSON too. */
export const readJson: FieldReader = async (body) => parseJsonObject(body?.bytes ?? Buffer.alloc(0));

/**
 * Reads a form by its media type. A form that cannot be parsed, or is not UTF-8, is malformed: read with replacement
 * characters, different passwords would become one. A file in it is no text.
 */
export const readForm: FieldReader = async (body) => {
  if (!body) return {};
  const { bytes, mediaType } = body;
  try {
    return isMultipartType(mediaType) ? await readMultipart(bytes, mediaType) : readUrlencoded(bytes);
  } catch (cause) {
    throw new RequestError('body_malformed', { cause, mediaType });
  }
};

/** The platform's parser drops a byte order mark at the beginning of a value: something that is in no body stands for it. */
async function readMultipart(bytes: Buffer, mediaType: string): Promise<Fields> {
  const standIn = randomUUID();
  const body = utf8(bytes).replaceAll(BYTE_ORDER_MARK, standIn);
  const form = await new Response(body, { headers: { 'content-type': mediaType } }).formData();
  const restored = (value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll(standIn, BYTE_ORDER_MARK) : value;
  return Object.fromEntries([...form].map(([name, value]) => [name, restored(value)]));
}

function readUrlencoded(bytes: Buffer): Fields {
  return Object.fromEntries(urlencodedPairs(bytes));
}

/**
 * The names and values of an urlencoded form in their order, as the URL standard parses it, but for its replacement
 * characters.
 * @throws {TypeError} for what is not UTF-8
 */
export function urlencodedPairs(bytes: Buffer): [name: string, value: string][] {
  const pairs = bytes.toString('latin1').split('&').filter(Boolean);
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [percentDecoded(name), percentDecoded(value.join('='))];
  });
}

/**
 * A text without the escapes of an urlencoded form.
 * @param text one character for each byte
 * @throws {TypeError} for what is not UTF-8
 */
export function percentDecoded(text: string): string {
  if (PLAIN_TEXT.test(text)) return text;
  const bytes = text
    .replaceAll('+', ' ')
    .replaceAll(/%([\da-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return utf8(Buffer.from(bytes, 'latin1'));
}

/** A text from its UTF-8, a byte order mark included. @throws {TypeError} for bytes that are not UTF-8 */
function utf8(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** A JSON text in UTF-8. @throws {RequestError} `body_malformed` */
function parseJson(bytes: Buffer): unknown {
  try {
    const text = utf8(bytes);
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (cause) {
    throw new RequestError('body_malformed', { cause });
  }
}

/** JSON that has to be an object. @throws {RequestError} `body_malformed`, or `body_not_object` with what it is instead */
export function parseJsonObject(bytes: Buffer): Fields {
  const value = parseJson(bytes);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new RequestError('body_not_object', { found: kindOf(value, bytes) });
}

/** The kind of a value, in the words of the one contract that prints it (Python's). */
function kindOf(value: unknown, json: Buffer): WireErrorDetails['found'] {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return /[.e]/i.test(json.toString()) ? 'float' : 'int';
  return typeof value === 'boolean' ? 'bool' : 'str';
}

/** Reads forms, and JSON under every other type. */
export const readFormOrJson: FieldReader = (body) =>
  body && isFormType(body.mediaType) ? readForm(body) : readJson(body);
