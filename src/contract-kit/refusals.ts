import { applyDecorators, type Type } from '@nestjs/common';
import type { HeadersObject, MediaTypeObject } from '@nestjs/swagger';
import type { Contract } from './contract.js';
import { ApiExtraModels, ApiResponse, getSchemaPath } from './openapi.js';
import { type Cause, type Example, examplesOf, type Refuser, withoutRepetitions } from './refusal-examples.js';
import type { WireErrorCode } from './wire-error.js';

/** Whose refusals a route answers. */
interface RefusingRoute extends Refuser, Pick<Contract, 'errorDtos'> {
  /** Whether the route cannot be answered without the store; as a rule it cannot. */
  readonly needsStore?: boolean;
}

/** What every path may answer beside the refusals of its routes. */
const ALWAYS: readonly WireErrorCode[] = ['route_unknown', 'method_not_allowed', 'internal_error'];

/** What comes with reading a body at all. */
const WITH_BODY: readonly WireErrorCode[] = ['body_not_object', 'body_too_large', 'media_type_unsupported'];

const RETRY_AFTER: HeadersObject = {
  'Retry-After': { description: 'When trying again makes sense, in seconds.', schema: { type: 'integer', example: 5 } },
};

/** draft-ietf-httpapi-ratelimit-headers-10. */
const RATE_LIMIT: HeadersObject = {
  'RateLimit-Policy': {
    description: 'The budget that is spent: its name, how many tries it allows, and in how many seconds.',
    schema: { type: 'string', example: '"sign-in";q=10;w=900' },
  },
  RateLimit: {
    description: 'What is left of it, and in how many seconds it is whole again.',
    schema: { type: 'string', example: '"sign-in";r=0;t=840' },
  },
};

const HEADERS: Readonly<Record<number, HeadersObject>> = {
  405: { Allow: { description: 'The methods of the path.', schema: { type: 'string', example: 'GET, HEAD' } } },
  429: { ...RETRY_AFTER, ...RATE_LIMIT },
  503: RETRY_AFTER,
};

/** Documents a route's refusals, with the contract's own words for each as examples. */
export function Refusals(refuser: RefusingRoute, ...causes: Cause[]): MethodDecorator {
  const examples = allOf(refuser, causes).flatMap((cause) => examplesOf(refuser, cause));
  const statuses = [...new Set(examples.map(({ answer }) => answer.status))];
  return applyDecorators(
    ApiExtraModels(...statuses.flatMap(refuser.errorDtos)),
    ...statuses.map((status) => {
      const ofStatus = examples.filter(({ answer }) => answer.status === status);
      return response(status, refuser.errorDtos(status), ofStatus);
    }),
  );
}

function allOf({ needsStore = true }: RefusingRoute, causes: readonly Cause[]): Cause[] {
  const withBody = causes.includes('body_malformed') ? WITH_BODY : [];
  return [...causes, ...withBody, ...(needsStore ? (['store_unavailable'] as const) : []), ...ALWAYS];
}

function response(status: number, dtos: readonly Type[], examples: readonly Example[]): MethodDecorator {
  const { headers = {} } = examples.find(({ answer }) => answer.headers)?.answer ?? {};
  const schemas = dtos.map((dto) => ({ $ref: getSchemaPath(dto) }));
  const mediaType = headers['content-type']?.split(';', 1)[0] ?? 'application/json';
  return ApiResponse({
    status,
    description: [...new Set(examples.map(({ sentence }) => sentence))].join(' '),
    headers: HEADERS[status] ?? challenge(headers['www-authenticate']),
    content: {
      [mediaType]: {
        schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas },
        ...shown(withoutRepetitions(examples)),
      },
    },
  });
}

/** One example as it is; several with what tells them apart, to choose from. */
function shown(examples: readonly Example[]): Pick<MediaTypeObject, 'example' | 'examples'> {
  if (examples.length === 1) return { example: examples[0]?.answer.body };
  const named = examples.map(({ name, summary, answer }) => [name, { summary, value: answer.body }] as const);
  return { examples: Object.fromEntries(named) };
}

function challenge(example: string | undefined): HeadersObject | undefined {
  return example === undefined
    ? undefined
    : { 'WWW-Authenticate': { description: 'How to authorize.', schema: { type: 'string', example } } };
}
