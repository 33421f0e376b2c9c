import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject, OperationObject } from '@nestjs/swagger';

/** Where one response stands in a document. */
interface Place {
  readonly responses: Record<string, object>;
  readonly status: string;
}

/** Moves responses that several operations have into the components of a document, so that each is said once. */
export function withSharedResponses(document: OpenAPIObject): OpenAPIObject {
  const components: Record<string, object> = {};
  for (const [{ responses, status }, ...others] of alike(document)) {
    if (others.length === 0) continue;
    const name = nameOf(status, components);
    components[name] = responses[status] as object;
    const reference = { $ref: `#/components/responses/${name}` };
    for (const place of [{ responses, status }, ...others]) place.responses[status] = reference;
  }
  return { ...document, components: { ...document.components, responses: components as never } };
}

/** The places of each response, by what it says. */
function alike({ paths }: OpenAPIObject): [Place, ...Place[]][] {
  const byText = new Map<string, [Place, ...Place[]]>();
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as OperationObject[]);
  for (const { responses } of operations as { responses: Record<string, object> }[])
    for (const [status, response] of Object.entries(responses)) {
      const text = JSON.stringify([status, response]);
      const place: Place = { responses, status };
      byText.set(text, [...(byText.get(text) ?? []), place] as [Place, ...Place[]]);
    }
  return [...byText.values()];
}

/** By its status, numbered: `NotFound`, `NotFound2`. */
function nameOf(status: string, taken: Readonly<Record<string, object>>): string {
  const phrase = (STATUS_CODES[status] ?? status).replaceAll(/\W/g, '');
  let name = phrase;
  for (let count = 2; name in taken; count++) name = `${phrase}${count}`;
  return name;
}
