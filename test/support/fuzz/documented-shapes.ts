import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Answer } from '../http.js';
import { withoutFurtherFields } from '../openapi.js';
import type { Operation } from './operations.js';

type Content = Readonly<Record<string, object>>;
type Responses = Readonly<Record<string, { readonly content?: Content }>>;

/** What the responses of a document look like: their media types, and their schemas, closed and compiled once. */
export class DocumentedShapes {
  private readonly ajv: Ajv;
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenAPIObject) {
    this.ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(withoutFurtherFields(document), 'document');
  }

  /** What an answer of an operation has that the document does not say. */
  faultsOf(operation: Operation, answer: Answer, hasBody: boolean): string[] {
    const { method, template } = operation;
    const response = responsesOf(operation)[String(answer.status)];
    if (!response) return [`${method} ${template} does not document ${answer.status}`];
    if (!hasBody) return answer.text === '' ? [] : ['a body where none belongs'];
    const mediaTypes = Object.keys(response.content ?? {});
    const mediaType = mediaTypeOf(answer);
    if (mediaTypes.length === 0)
      return answer.text === '' ? [] : [`a body that ${method} ${template} does not document`];
    if (!mediaTypes.includes(mediaType))
      return [`${method} ${template} does not document ${answer.status} ${mediaType}`];
    const place = ['paths', template, method.toLowerCase(), 'responses', String(answer.status), 'content', mediaType];
    return this.violations([...place, 'schema'], answer);
  }

  /** Whether an answer looks like some refusal of an operation, whatever its status. */
  isRefusalOf(operation: Operation, answer: Answer): boolean {
    const refusals = Object.entries(responsesOf(operation)).filter(([status]) => Number(status) >= 400);
    return refusals.some(([status, { content = {} }]) => {
      const mediaType = mediaTypeOf(answer);
      if (!(mediaType in content)) return false;
      const { template, method } = operation;
      const place = ['paths', template, method.toLowerCase(), 'responses', status, 'content', mediaType, 'schema'];
      return this.violations(place, answer).length === 0;
    });
  }

  private violations(place: readonly string[], { json, text }: Answer): string[] {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const check = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: `document#/${pointer}` });
    this.compiled.set(pointer, check);
    return check(json ?? text) ? [] : [`${place.join(' ')}: ${this.ajv.errorsText(check.errors)}`];
  }
}

function responsesOf({ described }: Operation): Responses {
  return described.responses as Responses;
}

function mediaTypeOf({ headers }: Answer): string {
  return headers['content-type']?.split(';', 1)[0] ?? '';
}
