import type { OpenAPIObject, OperationObject } from '@nestjs/swagger';
import { send } from '../http.js';
import { operationsOf, withResponses } from '../openapi.js';

/** A document of the service: a contract's, or that of the native routes. */
export interface NamedDocument {
  readonly name: string;
  readonly document: OpenAPIObject;
}

/** A route as its document describes it. */
export interface Operation {
  readonly source: NamedDocument;
  readonly method: string;
  /** As the document prints it, with `{name}` for parameters. */
  readonly template: string;
  /** Where it is served: the template below each server of the document. */
  readonly places: readonly string[];
  readonly described: OperationObject;
  readonly pattern: RegExp;
}

/** Every document that Swagger UI offers, as the running service serves it. */
export async function documentsOf(url: string): Promise<NamedDocument[]> {
  const { text } = await send('GET', `${url}/docs/start.js`);
  const names = [...text.matchAll(/"name":"([^"]+)"/g)].map(([, name = '']) => name);
  return Promise.all(
    names.map(async (name) => {
      const { json } = await send('GET', `${url}/docs/${name}/openapi.json`);
      return { name, document: withResponses(json as OpenAPIObject) };
    }),
  );
}

/** Every operation of a document. */
export function operationsIn(source: NamedDocument): Operation[] {
  const servers = (source.document.servers ?? []).map(({ url }) => url.replace(/\/$/, ''));
  return operationsOf(source.document).map(({ method, path, operation }) => {
    const places = servers.map((server) => server + path);
    const sources = places.map((place) => place.replace(/[.+?^$()|[\]\\*]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+'));
    return {
      source,
      method,
      template: path,
      places,
      described: operation,
      pattern: new RegExp(`^(?:${sources.join('|')})$`),
    };
  });
}
