import { OAUTH_ERRORS } from './oauth.errors.js';
import { OAuthErrorDto } from './oauth.dto.js';
import { readOAuthForm } from './oauth-form.js';

/** The media type of every body. */
export const FORM = 'application/x-www-form-urlencoded';

/** How the OAuth routes read bodies and word refusals: forms, and the error answers of RFC 6749 §5.2. */
export const OAUTH = { readFields: readOAuthForm, errors: OAUTH_ERRORS, errorDtos: () => [OAuthErrorDto] };
