import { type FieldReader, isFormType, isJsonType, parseJsonObject, readForm } from '../../contract-kit/body.js';
import { RequestError } from '../../contract-kit/wire-error.js';

/** A media type that asks for whatever there is, as wildcards and none do. */
const ANY_TYPE = /^\s*((\*|application)\/\*\s*(;.*)?)?$/i;

const STRINGS_AND_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** Reads JSON, urlencoded and multipart bodies; a number counts as its decimal text. No body counts as no fields. */
export const readTokenPairFields: FieldReader = async (body) => {
  if (!body) return {};
  const { bytes, mediaType } = body;
  if (isFormType(mediaType)) return readForm(body);
  if (!isJsonType(mediaType) && !ANY_TYPE.test(mediaType))
    throw new RequestError('media_type_unsupported', { mediaType });
  const fields = parseJsonObject(bytes);
  const hasNumbers = Object.values(fields).some((value) => typeof value === 'number');
  return hasNumbers ? parseJsonObject(withNumbersQuoted(bytes)) : fields;
};

/** Valid JSON with its numbers as texts, digit for digit: beyond 2^53 two passwords would become one number. */
function withNumbersQuoted(json: Buffer): Buffer {
  return Buffer.from(
    json.toString().replace(STRINGS_AND_NUMBERS, (part) => (part.startsWith('"') ? part : `"${part}"`)),
  );
}
