import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { Contract } from './contract.js';
import { type WireAnswer, type WireErrorCode, type WireErrors, wordingOf } from './wire-error.js';

/** Details that make a good example where a wording needs some. */
const EXAMPLE_DETAILS = {
  identifier: 'my_username',
  method: 'GET',
  mediaType: 'text/plain',
  found: 'list',
  retryAfterSeconds: 5,
} as const;

/** What every route may answer beside its own refusals. */
const ALWAYS: WireErrorCode[] = ['internal_error', 'store_unavailable'];

/** Documents a route's refusals, with the contract's own words for each as examples. */
export function Refusals(contract: Pick<Contract, 'errors'>, ...codes: WireErrorCode[]): MethodDecorator {
  return documentRefusals(contract.errors, [...codes, ...ALWAYS]);
}

function documentRefusals(errors: WireErrors, codes: readonly WireErrorCode[]): MethodDecorator {
  const byStatus = new Map<number, [WireErrorCode, WireAnswer][]>();
  for (const code of codes) {
    const answer = wordingOf(errors, code, EXAMPLE_DETAILS);
    byStatus.set(answer.status, [...(byStatus.get(answer.status) ?? []), [code, answer]]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, answers]) =>
      ApiResponse({
        status,
        description: answers.map(([code]) => code).join(', '),
        content: {
          [answers[0]?.[1].headers?.['content-type']?.split(';', 1)[0] ?? 'application/json']: {
            schema: { type: 'object' },
            examples: Object.fromEntries(answers.map(([code, { body }]) => [code, { value: body }])),
          },
        },
      }),
    ),
  );
}
