import { firstText, type WireAnswer, type WireErrorCode, type WireErrors } from '../contract-kit/wire-error.js';
import { PROBLEM_DETAILS } from '../contract-kit/problem-details.js';
import { wordingOf } from '../contract-kit/wire-error.js';

/** The error codes of RFC 6749 §5.2 by status; §4.1.2.1 has the two for a server at fault. */
const ERRORS: Readonly<Record<number, string>> = {
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

/** The words of the OAuth routes for what is not theirs alone: an unknown path, a body too large, a failing store. */
export const OAUTH_ERRORS = {
  ...Object.fromEntries((Object.keys(PROBLEM_DETAILS) as WireErrorCode[]).map((code) => [code, answerTo(code)])),
  fields_invalid: (details) => worded(400, 'invalid_request', firstText(details)),
  // Only revocation says so: a service client's token has no session to end (RFC 7009 §2.2.1).
  token_type_wrong: worded(400, 'unsupported_token_type', 'The tokens of service clients cannot be revoked.'),
} as WireErrors;

function answerTo(code: WireErrorCode): WireAnswer {
  const { status, body } = wordingOf(PROBLEM_DETAILS, code, {});
  const { title } = body as { title: string };
  return worded(status, ERRORS[status] ?? 'invalid_request', title);
}

function worded(status: number, error: string, sentence: string): WireAnswer {
  return { status, body: { error, error_description: sentence } };
}
