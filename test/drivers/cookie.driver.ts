import { expect } from 'vitest';
import { newPerson } from '../support/people.js';
import type { Driver, Expected } from './driver.js';

const message = (status: number, text: string): Expected => ({ status, body: { message: text } });
const me = (status: number, username: string): Expected => ({
  status,
  body: { id: expect.any(Number) as number, username, is_admin: false },
});

/** Contract 2. */
export const cookie: Driver = {
  name: 'cookie',
  newPerson: () => newPerson('Secret1234#'),
  inAnotherCase: (person) => ({ ...person, username: person.username.toUpperCase(), email: `other.${person.email}` }),
  registration: ({ username, email, password }) => ({
    method: 'POST',
    path: '/users/register',
    body: { username, email, password1: password, password2: password },
  }),
  registered: ({ username }) => me(201, username),
  signIn: ({ username, password }) => ({
    method: 'POST',
    path: '/users/login',
    body: { username, password1: password },
  }),
  signedIn: ({ username }) => me(200, username),
  credential: ({ headers }) => /^token=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')?.[1] ?? '',
  guarded: (token) => ({ method: 'GET', path: '/protected/me', headers: { cookie: `token=${token}` } }),
  passed: ({ username }) => me(200, username),
  refresh: (signedIn) => ({
    method: 'POST',
    path: '/protected/refresh_token',
    headers: { cookie: `token=${cookie.credential(signedIn)}` },
  }),
  refreshed: ({ username }) => me(200, username),
  lifetime: 60 * 60,
  wrongType: (_signedIn, { refresh }) => refresh,
  refusals: {
    wrongPassword: message(401, 'wrong password'),
    unknownAccount: message(404, 'user not found'),
    taken: () => message(409, 'username is taken'),
    deactivated: message(401, 'wrong password'),
    malformed: message(400, "can't unmarshal the payload"),
    empty: message(400, "can't unmarshal the payload"),
    notAnObject: message(400, "can't unmarshal the payload"),
    tooLarge: message(413, 'payload too large'),
    wrongMethod: message(405, 'method not allowed'),
    unknownPath: message(404, 'not found'),
    forgedToken: message(401, 'unauthenticated'),
    malformedToken: message(401, 'unauthenticated'),
    expiredToken: message(401, 'unauthenticated'),
    foreignToken: message(401, 'unauthenticated'),
    wrongTypeToken: message(401, 'unauthenticated'),
    deactivatedToken: message(401, 'unauthenticated'),
    tooManyAttempts: message(429, 'too many attempts'),
    storeFailing: message(503, 'service unavailable'),
  },
};
