import { expect } from 'vitest';
import { newPerson } from '../support/people.js';
import type { Driver, Expected } from './driver.js';

const reason = (status: number, text: string): Expected => ({ status, body: { reason: text } });
const nothing: Expected = { status: 200, body: undefined };

/** Contract 3. A token that passes is told from one that does not by a change of password with the wrong old one. */
export const opaqueToken: Driver = {
  name: 'opaque-token',
  newPerson: () => newPerson(),
  inAnotherCase: (person) => ({ ...person, username: person.username.toUpperCase() }),
  registration: ({ username, password }) => ({ method: 'POST', path: '/register', body: { username, password } }),
  registered: () => nothing,
  signIn: ({ username, password }) => ({ method: 'POST', path: '/login', body: { username, password } }),
  signedIn: () => ({ status: 200, body: { token: expect.any(String) as string } }),
  credential: ({ json }) => (json as { token: string }).token,
  guarded: (token) => ({
    method: 'POST',
    path: '/change-password',
    headers: { authorization: `Bearer ${token}` },
    body: { old_password: 'NotMyPassword1', new_password: 'NotMyPassword2' },
  }),
  passed: () => reason(400, 'Incorrect old password'),
  lifetime: 30 * 86_400,
  wrongType: (_signedIn, { refresh }) => refresh,
  refusals: {
    wrongPassword: reason(400, 'Bad login details'),
    unknownAccount: reason(400, 'Bad login details'),
    taken: () => reason(400, 'Username is already taken'),
    deactivated: reason(400, 'Bad login details'),
    malformed: reason(400, 'Invalid JSON payload'),
    empty: reason(400, 'Invalid JSON payload'),
    notAnObject: reason(400, 'Invalid JSON payload'),
    tooLarge: reason(413, 'Payload Too Large'),
    wrongMethod: reason(405, 'Method Not Allowed'),
    unknownPath: reason(404, 'Not Found'),
    forgedToken: reason(401, 'Unauthorized'),
    malformedToken: reason(400, 'Invalid bearer token format'),
    expiredToken: reason(401, 'Unauthorized'),
    foreignToken: reason(400, 'Invalid bearer token format'),
    wrongTypeToken: reason(400, 'Invalid bearer token format'),
    deactivatedToken: reason(401, 'Unauthorized'),
    tooManyAttempts: reason(429, 'Too Many Requests'),
    storeFailing: reason(503, 'Service Unavailable'),
  },
};
