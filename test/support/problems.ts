import { PROBLEM_DETAILS } from '../../src/contract-kit/problem-details.js';
import { type NativeWireErrorCode, wordingOf } from '../../src/contract-kit/wire-error.js';

/** A refusal of the native API, whole: its status and body. */
export function problem(code: NativeWireErrorCode): { status: number; body: unknown } {
  const { status, body } = wordingOf(PROBLEM_DETAILS, code, {});
  return { status, body };
}

/** The refusal of fields, with each field that broke a rule and what it is told. */
export function invalidFields(...errors: readonly (readonly [field: string, detail: string])[]): object {
  return {
    status: 400,
    body: {
      type: 'about:blank',
      title: 'A field is missing or invalid.',
      status: 400,
      code: 'fields_invalid',
      errors: errors.map(([field, detail]) => ({ field, detail })),
    },
  };
}
