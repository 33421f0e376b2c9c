import { RequestError, type WireErrorDetails } from './wire-error.js';

/** A body as it came: its contract parses it, after whatever that contract checks first. */
export class RawBody {
  constructor(
    readonly bytes: Buffer,
    /** The header Content-Type as sent, '' if there was none. */
    readonly mediaType: string,
  ) {}
}

/** The fields of a body, by name. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the fields of a body; a request without one has `undefined`.
 * @throws {RequestError} `body_malformed`, `body_not_object` or `media_type_unsupported`
 */
export type FieldReader = (body: RawBody | undefined) => Promise<Fields>;

const FORM_TYPE = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** Whether a media type is one that HTML forms send. */
export function isFormType(mediaType: string): boolean {
  return FORM_TYPE.test(mediaType);
}

/** Whether a media type is JSON. */
export function isJsonType(mediaType: string): boolean {
  return JSON_TYPE.test(mediaType);
}

/** Reads JSON, whatever the media type says. No body at all is malformed JSON too. */
export const readJson: FieldReader = async (body) => asObject(parseJson(body?.bytes ?? Buffer.alloc(0)));

/** Reads a form by its media type. A form that cannot be parsed is malformed; a file in it is no text. */
export const readForm: FieldReader = async (body) => {
  if (!body) return {};
  const { bytes, mediaType } = body;
  try {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': mediaType } }).formData();
    return Object.fromEntries(form);
  } catch (cause) {
    throw new RequestError('body_malformed', { cause, mediaType });
  }
};

/** A JSON text in UTF-8. @throws {RequestError} `body_malformed` */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RequestError('body_malformed', { cause });
  }
}

/** A parsed value as fields. @throws {RequestError} `body_not_object`, telling what it is instead */
export function asObject(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new RequestError('body_not_object', { found: kindOf(value) });
}

/** The kind of a value, in the words of the one contract that prints it (Python's). */
function kindOf(value: unknown): WireErrorDetails['found'] {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'boolean' ? 'bool' : 'str';
}
