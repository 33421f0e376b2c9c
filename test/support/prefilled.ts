import type { OpenAPIObject, ParameterObject, RequestBodyObject, SchemaObject } from '@nestjs/swagger';
import { type DocumentedOperation, operationsOf } from './openapi.js';

/** A request as Swagger UI sends it if somebody presses **Try it out** and **Execute**, and types nothing. */
export interface Prefilled {
  /** `METHOD /path`, as the document prints it. */
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object | string | undefined;
  /** The parameters that carry a value, and what the document says of each. */
  readonly parameters: readonly (ParameterObject & { readonly value: unknown })[];
  /** Whether a required parameter is empty: then the page sends nothing. */
  readonly isIncomplete: boolean;
}

/** The prefilled request of every operation of a document, at its first server. */
export function prefilledOf(document: OpenAPIObject): Prefilled[] {
  return operationsOf(document).map((operation) => prefilled(document, operation));
}

function prefilled(document: OpenAPIObject, { method, path, operation }: DocumentedOperation): Prefilled {
  const all = ((operation.parameters ?? []) as ParameterObject[]).map((parameter) => ({
    ...parameter,
    value: valueOf(parameter),
  }));
  const parameters = all.filter(({ value }) => value !== undefined);
  const of = (place: string): [string, string][] =>
    parameters.filter((parameter) => parameter.in === place).map(({ name, value }) => [name, String(value)]);
  const query = new URLSearchParams(of('query')).toString();
  const filled = of('path').reduce((text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)), path);
  const base = document.servers?.[0]?.url.replace(/\/$/, '') ?? '';
  return {
    name: `${method} ${path}`,
    method,
    target: `${base}${filled}${query && `?${query}`}`,
    parameters,
    isIncomplete: all.some(({ required, value }) => required && value === undefined),
    ...bodyOf(document, operation.requestBody as RequestBodyObject | undefined, Object.fromEntries(of('header'))),
  };
}

/** As `ParameterRow.setDefaultValue` of swagger-ui chooses it. */
function valueOf({ example, examples = {}, schema = {} }: ParameterObject): unknown {
  const [first] = Object.values(examples) as { value?: unknown }[];
  const own = schema as SchemaObject;
  return first?.value ?? example ?? own.example ?? own.default;
}

function bodyOf(
  document: OpenAPIObject,
  requestBody: RequestBodyObject | undefined,
  headers: Record<string, string>,
): Pick<Prefilled, 'headers' | 'body'> {
  const [mediaType, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (mediaType === undefined || !content) return { headers, body: undefined };
  const [first] = Object.values(content.examples ?? {}) as { value?: object }[];
  const body = (first?.value ?? content.example ?? sampleOf(document, content.schema ?? {})) as object;
  if (mediaType === 'application/json') return { headers, body };
  // A field of a form that is empty is not sent unless somebody says so.
  const fields = Object.entries(body).filter(([, value]) => value !== '');
  const text = new URLSearchParams(fields as [string, string][]).toString();
  return { headers: { ...headers, 'content-type': mediaType }, body: text };
}

/** What the page makes up for a schema without an example. */
function sampleOf(document: OpenAPIObject, schema: object): unknown {
  const { $ref } = schema as { $ref?: string };
  const own = (
    $ref === undefined ? schema : document.components?.schemas?.[$ref.split('/').at(-1) as string]
  ) as SchemaObject;
  const samples: Readonly<Record<string, unknown>> = { integer: 0, number: 0, boolean: true, array: [] };
  if (own.example !== undefined) return own.example;
  if (own.default !== undefined) return own.default;
  if (own.enum) return own.enum[0];
  if (own.properties === undefined) return samples[String(own.type)] ?? 'string';
  return Object.fromEntries(Object.entries(own.properties).map(([name, one]) => [name, sampleOf(document, one)]));
}
