import { type FieldReader, type Fields, type RawBody, urlencodedPairs } from '../contract-kit/body.js';
import { OAuthError } from './oauth-error.js';

const URLENCODED = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/**
 * Reads the parameters of a request (RFC 6749 §3.2): one without a value counts as omitted, none may be repeated.
 * @throws {OAuthError} `form_required` or `parameter_repeated`
 */
export const readOAuthForm: FieldReader = async (body) => oauthForm(body);

/** As `readOAuthForm`, at once. */
export function oauthForm(body: RawBody | undefined): Fields {
  const sent = pairsOf(body).filter(([, value]) => value !== '');
  const parameters = new Map(sent);
  if (parameters.size < sent.length) throw new OAuthError('parameter_repeated');
  return Object.fromEntries(parameters);
}

function pairsOf(body: RawBody | undefined): [string, string][] {
  if (!body) return [];
  const { bytes, mediaType } = body;
  if (!URLENCODED.test(mediaType)) throw new OAuthError('form_required');
  try {
    return urlencodedPairs(bytes);
  } catch {
    throw new OAuthError('form_required');
  }
}
