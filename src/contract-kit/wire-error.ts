import type { AuthErrorCode, AuthErrorDetails } from '../errors/auth-error.js';
import type { NativeErrorCode } from '../errors/native-error.js';

/** What is wrong with a request before the core hears of it, and what went wrong that nobody foresaw. */
export const REQUEST_ERRORS = {
  route_unknown: 'There is no such route.',
  method_not_allowed: 'The route does not know this method.',
  request_malformed: 'The request is malformed.',
  auth_contract_unknown: 'The header Auth-Contract names no contract that has this route.',
  body_too_large: 'The body is too large.',
  media_type_unsupported: 'The media type or the compression of the body is not supported.',
  body_malformed: 'The body could not be parsed.',
  body_not_object: 'The body is not an object.',
  fields_invalid: 'A field is missing or invalid.',
  internal_error: 'Something went wrong here.',
} as const;

/** The stable name of a fault of a request. */
export type RequestErrorCode = keyof typeof REQUEST_ERRORS;

/** Everything that a contract has to find words for. */
export type WireErrorCode = AuthErrorCode | RequestErrorCode;

/** Everything that the native routes have words for. */
export type NativeWireErrorCode = WireErrorCode | NativeErrorCode;

/** A field that broke a rule of its contract. */
export interface Violation {
  readonly field: string;
  /** The contract's own words. */
  readonly text: string;
  /** The place of the rule in the order in which the contract checks. */
  readonly step: number;
}

/** What a contract may need to word a refusal. */
export interface WireErrorDetails extends AuthErrorDetails {
  /** The rules that were broken, in the order in which the contract checks them. */
  readonly violations?: readonly Violation[];
  /** The method that was used. */
  readonly method?: string;
  /** The methods that the route knows, as the header `Allow` lists them. */
  readonly allow?: string;
  /** The media type of the body, or what it is compressed by, as sent. */
  readonly mediaType?: string;
  /** The content codings that a body may have (RFC 9110 §12.5.3). */
  readonly acceptEncoding?: 'identity';
  /** What a body was instead of an object. */
  readonly found?: 'list' | 'str' | 'int' | 'float' | 'bool' | 'NoneType';
}

/** A request refused before the core heard of it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly details: WireErrorDetails;

  constructor(
    readonly code: RequestErrorCode,
    options: WireErrorDetails & { readonly cause?: unknown } = {},
  ) {
    super(REQUEST_ERRORS[code], { cause: options.cause });
    this.details = options;
  }
}

/** A refusal as it goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The reason phrase of the status line, where a contract fixes it. */
  readonly reason?: string;
}

/** How a contract words a refusal: always alike, or by its details. */
export type Wording = WireAnswer | ((details: WireErrorDetails) => WireAnswer);

/** A contract's words for every refusal there is; a new code breaks the build until every contract words it. */
export type WireErrors = Readonly<Record<WireErrorCode, Wording>>;

/** The words of a part of the API: a contract's, or with those for its own refusals the native routes'. */
export type Words = WireErrors & Partial<Readonly<Record<NativeErrorCode, Wording>>>;

/** The answer to a refusal. */
export function wordingOf(words: Words, code: NativeWireErrorCode, details: WireErrorDetails): WireAnswer {
  const wording = words[code] ?? words.internal_error;
  return typeof wording === 'function' ? wording(details) : wording;
}

/** The text of the rule that comes first in the order of checks. */
export function firstText({ violations }: WireErrorDetails): string {
  return violations?.[0]?.text ?? REQUEST_ERRORS.fields_invalid;
}
