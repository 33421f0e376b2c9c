import { asObject, type FieldReader, isFormType, isJsonType, parseJson, readForm } from '../../contract-kit/body.js';
import { RequestError } from '../../contract-kit/wire-error.js';

/** Reads JSON, urlencoded and multipart bodies; a number counts as its decimal text. No body counts as no fields. */
export const readTokenPairFields: FieldReader = async (body) => {
  if (!body) return {};
  const { mediaType } = body;
  if (isFormType(mediaType)) return readForm(body);
  if (!isJsonType(mediaType)) throw new RequestError('media_type_unsupported', { mediaType });
  const fields = asObject(parseJson(body.bytes));
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
  );
};
