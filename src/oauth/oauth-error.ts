import type { Example } from '../contract-kit/refusal-examples.js';
import type { WireAnswer } from '../contract-kit/wire-error.js';

/** RFC 6749 §5.2 asks for it after a failed Basic, RFC 9110 §15.5.2 with every 401. */
const BASIC = 'Basic realm="latchkey"';

/** Every refusal that only the OAuth routes know, as it is answered (RFC 6749 §5.2, RFC 6750 §3.1). */
export const OAUTH_REFUSALS = {
  form_required: refusal(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded in UTF-8.'),
  parameter_repeated: refusal(400, 'invalid_request', 'A parameter is sent more than once.'),
  authentication_ambiguous: refusal(400, 'invalid_request', 'The client must authenticate in one way only.'),
  grant_type_unsupported: refusal(400, 'unsupported_grant_type', 'The grant type must be client_credentials.'),
  scope_invalid: refusal(400, 'invalid_scope', 'A scope is unknown, or not granted to the client.'),
  client_missing: refusal(401, 'invalid_client', 'The client must authenticate.', BASIC),
  client_wrong: refusal(401, 'invalid_client', 'The client is unknown or revoked, or its secret is wrong.', BASIC),
  client_token_wrong: refusal(
    401,
    'invalid_token',
    'This is no access token of a service client that counts now.',
    'Bearer realm="latchkey", error="invalid_token"',
  ),
  scope_insufficient: refusal(
    403,
    'insufficient_scope',
    'The client lacks the scope of this route.',
    'Bearer realm="latchkey", error="insufficient_scope"',
  ),
} as const satisfies Readonly<Record<string, WireAnswer>>;

/** The name of a refusal of the OAuth routes, for the audit trail and for documents. */
export type OAuthRefusal = keyof typeof OAUTH_REFUSALS;

/** A refusal that only the OAuth routes know. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly answer: WireAnswer;

  constructor(readonly refusal: OAuthRefusal) {
    super(OAUTH_REFUSALS[refusal].body.error_description);
    this.answer = OAUTH_REFUSALS[refusal];
  }
}

/** A refusal as a document shows it. */
export function exampleOf(name: OAuthRefusal): Example {
  const answer = OAUTH_REFUSALS[name];
  return { name, sentence: answer.body.error_description, summary: answer.body.error_description, answer };
}

interface OAuthAnswer extends WireAnswer {
  readonly body: { readonly error: string; readonly error_description: string };
}

function refusal(status: number, error: string, sentence: string, challenge?: string): OAuthAnswer {
  return {
    status,
    body: { error, error_description: sentence },
    ...(challenge && { headers: { 'www-authenticate': challenge } }),
  };
}
