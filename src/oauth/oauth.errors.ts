import type { WireAnswer, WireErrorCode, WireErrors } from '../contract-kit/wire-error.js';
import { PROBLEM_DETAILS } from '../contract-kit/problem-details.js';
import { wordingOf } from '../contract-kit/wire-error.js';

/** The error codes of RFC 6749 §5.2 by status; §4.1.2.1 has the two for a server at fault. */
const ERRORS: Readonly<Record<number, string>> = { 500: 'server_error', 503: 'temporarily_unavailable' };

/** The words of the OAuth routes for what is not theirs alone: an unknown path, a body too large, a failing store. */
export const OAUTH_ERRORS = Object.fromEntries(
  (Object.keys(PROBLEM_DETAILS) as WireErrorCode[]).map((code) => [code, answerTo(code)]),
) as unknown as WireErrors;

function answerTo(code: WireErrorCode): WireAnswer {
  const { status, body } = wordingOf(PROBLEM_DETAILS, code, {});
  const { title } = body as { title: string };
  return { status, body: { error: ERRORS[status] ?? 'invalid_request', error_description: title } };
}
