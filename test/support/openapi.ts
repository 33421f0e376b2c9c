import type { OpenAPIObject, OperationObject } from '@nestjs/swagger';
import { Ajv } from 'ajv';
import { type Answer, send } from './http.js';
import type { Service } from './service.js';

/** One operation of a document. */
export interface DocumentedOperation {
  readonly method: string;
  /** As the document prints it. */
  readonly path: string;
  readonly operation: OperationObject;
}

/** A document as the service serves it. */
export async function documentOf({ url }: Service, name: string): Promise<{ text: string; document: OpenAPIObject }> {
  const { status, text, json } = await send('GET', `${url}/docs/${name}/openapi.json`);
  if (status !== 200) throw new Error(`No document ${name}: ${status} ${text}`);
  return { text, document: withResponses(json as OpenAPIObject) };
}

/** A document with every response in its operation, where it is a reference as served. */
export function withResponses(document: OpenAPIObject): OpenAPIObject {
  const shared = document.components?.responses ?? {};
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) => {
    const name = /^#\/components\/responses\/(.*)$/.exec(String((value as { $ref?: string } | null)?.$ref))?.[1];
    return name === undefined ? value : shared[name];
  }) as OpenAPIObject;
}

/** Every operation of a document. */
export function operationsOf({ paths }: OpenAPIObject): DocumentedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, OperationObject>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/** What an answer has that its document does not say, a field that no schema names included; nothing if all is well. */
export function undocumented(document: OpenAPIObject, method: string, path: string, answer: Answer): string[] {
  const place = ['paths', path, method.toLowerCase(), 'responses', String(answer.status)];
  const response = at(document, place) as { content?: Record<string, object> } | undefined;
  if (!response) return [`${method} ${path}: ${answer.status}`];
  const mediaType = answer.headers['content-type']?.split(';', 1)[0];
  const mediaTypes = Object.keys(response.content ?? {});
  if (mediaType === undefined || !mediaTypes.includes(mediaType))
    return answer.text === '' && mediaTypes.length === 0 ? [] : [`${method} ${path}: ${answer.status} ${mediaType}`];
  return violations(document, [...place, 'content', mediaType, 'schema'], answer.json ?? answer.text);
}

function violations(document: OpenAPIObject, place: readonly string[], body: unknown): string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(withoutFurtherFields(document), 'document');
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const check = ajv.compile({ $ref: `document#/${pointer}` });
  return check(body) ? [] : [`${place.join(' ')}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(body)}`];
}

/** The document with every schema of an object closed. */
export function withoutFurtherFields(document: OpenAPIObject): object {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value
      ? { ...value, additionalProperties: false }
      : value,
  ) as object;
}

function at(value: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], value);
}
