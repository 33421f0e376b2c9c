import type { ContractDocument } from '../../contract-kit/contract-document.js';
import { cookieName } from '../../auth/sessions/session-cookie.js';

/** What contract 2's document says beside its routes. */
export const COOKIE_DOCUMENT: ContractDocument = {
  description: `Signing in sets an HTTP-only cookie with a JWT in it. The body holds the token only with \`COOKIE_TOKEN_IN_BODY=on\`.

**Try it:** run \`POST /users/register\` with a name of your own and then \`POST /users/login\`. Your browser keeps the cookie
and sends it by itself: \`GET /protected/me\` answers who you are, and there is nothing to authorize. \`POST /users/logout\`
ends it.

Bodies are JSON, whatever their Content-Type says. Every refusal is \`{"message": "…"}\`. Requests that change something are
refused when they come from a page of another site (403), unless its origin is allowed.`,
  securitySchemes: (config) => ({
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieName(config),
      description:
        'Nothing to fill in here, as a page cannot set an HTTP-only cookie. Run `POST /users/login` with **Try it out**: it sets the cookie, and the browser then sends it by itself.',
    },
    bearer: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The token of the cookie, for clients without a cookie jar; looked at only when no cookie comes.',
    },
  }),
};

/** The body of login, without the fields that are optional, which Swagger UI would fill in. */
export const SIGN_IN = { login: { value: { username: 'hyperxpizza', password1: '' } } };

/** The body of pin, likewise. */
export const NEW_PIN = { pin: { value: { pin: '' } } };

/** The header of answers that set the cookie, or take it back. */
export const SET_COOKIE = {
  'Set-Cookie': {
    description: 'The cookie with the token; browsers show it to no script.',
    schema: { type: 'string', example: 'token=a.jwt.token; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax' },
  },
};

/** Why a cookie is refused. */
export const COOKIE_REFUSALS = ['token_missing', 'token_expired', 'token_forged', 'token_revoked'] as const;
