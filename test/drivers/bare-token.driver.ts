import { expect } from 'vitest';
import { newPerson } from '../support/people.js';
import type { Driver, Expected } from './driver.js';

const err = (status: number, text: string): Expected => ({ status, body: { err: text } });
const token: Expected = { status: 200, body: { authToken: expect.any(String) as string } };

/** Contract 0. */
export const bareToken: Driver = {
  name: 'bare-token',
  newPerson: () => newPerson(),
  inAnotherCase: (person) => ({ ...person, username: person.username.toUpperCase() }),
  registration: ({ username, password }) => ({ method: 'POST', path: '/auth/register', body: { username, password } }),
  registered: () => token,
  signIn: ({ username, password }) => ({ method: 'POST', path: '/auth/login', body: { username, password } }),
  signedIn: () => token,
  credential: ({ json }) => (json as { authToken: string }).authToken,
  guarded: (authorization) => ({ method: 'GET', path: '/auth/refresh', headers: { authorization } }),
  passed: () => token,
  lifetime: 7 * 86_400,
  wrongType: (_signedIn, { refresh }) => refresh,
  refusals: {
    wrongPassword: err(401, 'invalid username or password'),
    unknownAccount: err(401, 'invalid username or password'),
    taken: ({ username }) => err(409, `username "${username}" is taken`),
    deactivated: err(401, 'invalid username or password'),
    malformed: err(400, 'invalid request body'),
    empty: err(400, 'invalid request body'),
    notAnObject: err(400, 'invalid request body'),
    tooLarge: err(413, 'request body too large'),
    wrongMethod: err(405, 'method not allowed'),
    unknownPath: err(404, 'not found'),
    forgedToken: err(401, 'invalid token'),
    malformedToken: err(401, 'invalid token'),
    expiredToken: err(401, 'token has expired'),
    foreignToken: err(401, 'invalid token'),
    wrongTypeToken: err(401, 'invalid token'),
    deactivatedToken: err(401, 'invalid token'),
    tooManyAttempts: err(429, 'too many attempts'),
    storeFailing: err(503, 'service unavailable'),
  },
};
