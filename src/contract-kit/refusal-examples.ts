import { AUTH_ERRORS } from '../errors/auth-error.js';
import { NATIVE_ERRORS } from '../errors/native-error.js';
import { type Dto, type Reading, rulesOf, unknownField, violationsOf } from './dto.js';
import {
  type NativeWireErrorCode,
  REQUEST_ERRORS,
  type Violation,
  type WireAnswer,
  type WireErrorDetails,
  wordingOf,
  type Words,
} from './wire-error.js';

/** Why a route refuses: a code, the class of its body for all the rules of its fields, or what only this route refuses. */
export type Cause = NativeWireErrorCode | Dto<object> | Example;

/** One refusal as a document shows it. */
export interface Example {
  readonly name: string;
  readonly sentence: string;
  /** What tells it from others of its status. */
  readonly summary: string;
  readonly answer: WireAnswer;
}

/** Whose words they are; `expected` where the route takes an access token, whose refusals may be worded otherwise. */
export type Refuser = { readonly errors: Words } & Pick<WireErrorDetails, 'expected'> & Pick<Reading, 'refusesUnknown'>;

/** Details that make a good example where a wording needs some. */
const DETAILS = { identifier: 'my_username', method: 'PUT', mediaType: 'text/plain', found: 'list' } as const;

const SENTENCES = { ...AUTH_ERRORS, ...REQUEST_ERRORS, ...NATIVE_ERRORS };

/** The answers that a cause leads to, in a contract's own words. */
export function examplesOf(refuser: Refuser, cause: Cause): Example[] {
  if (typeof cause === 'object') return [cause];
  return typeof cause === 'string' ? [ofCode(refuser, cause)] : ofFields(refuser, cause);
}

function ofCode({ errors, expected }: Refuser, code: NativeWireErrorCode): Example {
  const sentence = SENTENCES[code];
  return { name: code, sentence, summary: sentence, answer: wordingOf(errors, code, { ...DETAILS, expected }) };
}

/** An empty body where that is refused, each rule as if it alone were broken, and a field that is not declared. */
function ofFields({ errors, refusesUnknown }: Refuser, type: Dto<object>): Example[] {
  const broken = (name: string, summary: string, violations: Violation[]): Example => ({
    name,
    sentence: SENTENCES.fields_invalid,
    summary,
    answer: wordingOf(errors, 'fields_invalid', { violations }),
  });
  const missing = violationsOf(new type());
  return [
    ...(missing.length > 0 ? [broken('fields_missing', 'every field is missing', missing)] : []),
    ...rulesOf(type).map((rule) => broken(`${rule.field}_${rule.step}`, rule.text, [rule])),
    ...(refusesUnknown ? [broken('field_unknown', 'a field is unknown', [unknownField('nickname')])] : []),
  ];
}

/** Of several refusals that look alike on the wire, the first. */
export function withoutRepetitions(examples: readonly Example[]): Example[] {
  return [...new Map(examples.toReversed().map((one) => [JSON.stringify(one.answer), one])).values()].toReversed();
}
