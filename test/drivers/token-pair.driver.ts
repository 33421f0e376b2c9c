import { expect } from 'vitest';
import { newPerson } from '../support/people.js';
import type { Driver, Expected } from './driver.js';

const JSON_OF_TOKEN_PAIR = { 'content-type': 'application/json', 'auth-contract': 'token-pair' };

const pair = (status: number): Expected => ({
  status,
  body: { refresh: expect.any(String) as string, access: expect.any(String) as string },
});
const detail = (status: number, text: string): Expected => ({ status, body: { detail: text } });
const notValid = (message: string): Expected => ({
  status: 401,
  body: {
    detail: 'Given token not valid for any token type',
    code: 'token_not_valid',
    messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
  },
});

/** Contract 1. At the bare path its registration says which contract it means. */
export const tokenPair: Driver = {
  name: 'token-pair',
  newPerson: () => newPerson(),
  inAnotherCase: (person) => ({ ...person, username: person.username.toUpperCase() }),
  registration: ({ username, password }) => ({
    method: 'POST',
    path: '/auth/register',
    headers: JSON_OF_TOKEN_PAIR,
    body: { username, password },
  }),
  registered: () => pair(201),
  signIn: ({ username, password }) => ({ method: 'POST', path: '/auth/token', body: { username, password } }),
  signedIn: () => pair(200),
  credential: ({ json }) => (json as { access: string }).access,
  guarded: (token) => ({ method: 'GET', path: '/auth/getuser', headers: { authorization: `Bearer ${token}` } }),
  passed: ({ username }) => ({ status: 200, body: { username } }),
  refresh: ({ json }) => ({
    method: 'POST',
    path: '/auth/token/refresh',
    body: { refresh: (json as { refresh: string }).refresh },
  }),
  refreshed: () => pair(200),
  lifetime: 60 * 60,
  wrongType: ({ json }) => (json as { refresh: string }).refresh,
  refusals: {
    wrongPassword: detail(401, 'No active account found with the given credentials'),
    unknownAccount: detail(401, 'No active account found with the given credentials'),
    taken: () => detail(409, 'User already exists'),
    deactivated: detail(401, 'No active account found with the given credentials'),
    malformed: detail(400, 'JSON parse error - invalid JSON'),
    empty: {
      status: 400,
      body: { username: ['this field is required'], password: ['this field is required'] },
    },
    notAnObject: {
      status: 400,
      body: { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
    },
    tooLarge: detail(413, 'Request body exceeded the limit of 100000 bytes.'),
    wrongMediaType: detail(415, 'Unsupported media type "text/plain" in request.'),
    wrongMethod: detail(405, 'Method "DELETE" not allowed.'),
    unknownPath: detail(404, 'Not found.'),
    forgedToken: notValid('Token is invalid or expired'),
    malformedToken: notValid('Token is invalid or expired'),
    expiredToken: notValid('Token is invalid or expired'),
    foreignToken: notValid('Token is invalid or expired'),
    wrongTypeToken: notValid('Token has wrong type'),
    deactivatedToken: { status: 401, body: { detail: 'User is inactive', code: 'user_inactive' } },
    tooManyAttempts: detail(429, 'Request was throttled.'),
    storeFailing: detail(503, 'Service temporarily unavailable, try again later.'),
  },
};
