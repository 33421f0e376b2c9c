import { expect } from 'vitest';
import { UsersService } from '../../src/users/users.service.js';
import { newPerson } from '../support/people.js';
import type { Driver, Expected } from './driver.js';

const error = (statusCode: number, text: string): Expected => ({
  status: statusCode,
  body: { error: text, statusCode },
});
const tokenError = (statusCode: number, text: string): Expected => ({
  status: statusCode,
  body: { error: text, statusCode, msg: text },
});
const tokens = (message: string): Expected => ({
  status: 200,
  body: {
    message,
    access_token: expect.any(String) as string,
    refresh_token: expect.any(String) as string,
    statusCode: 200,
  },
});
const refreshed = (email: string): Expected => ({
  status: 200,
  body: { message: 'Success', access_token: expect.any(String) as string, email, statusCode: 200 },
});

/** Contract 4. Its one guarded route is the refresh. The mailed link has specs of its own: here the address is confirmed inside. */
export const basic: Driver = {
  name: 'basic',
  claims: true,
  newPerson: () => newPerson(),
  inAnotherCase: (person) => ({ ...person, email: person.email.toUpperCase() }),
  registration: ({ email, password }) => ({ method: 'POST', path: '/api/v1.0/register', body: { email, password } }),
  registered: ({ email }) => tokens(`Account registered for ${email}`),
  activate: async ({ app }, { email }) => {
    const users = app.get(UsersService);
    const user = await users.findByName('email', email);
    if (user) await users.confirmEmail(user.id, email, true);
  },
  signIn: ({ email, password }) => ({
    method: 'POST',
    path: '/api/v1.0/login',
    headers: { authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}` },
  }),
  signedIn: ({ email }) => tokens(`Login for ${email} succesful`),
  credential: ({ json }) => (json as { refresh_token: string }).refresh_token,
  guarded: (token) => ({ method: 'POST', path: '/api/v1.0/refresh', headers: { authorization: `Bearer ${token}` } }),
  passed: ({ email }) => refreshed(email),
  lifetime: 30 * 86_400,
  wrongType: ({ json }) => (json as { access_token: string }).access_token,
  refusals: {
    wrongPassword: error(403, 'Login failed (incorrect email or password)'),
    unknownAccount: error(403, 'Login failed (incorrect email or password)'),
    taken: () => error(400, 'Account already registered for that email'),
    deactivated: error(403, 'Login failed (incorrect email or password)'),
    malformed: error(400, 'Bad request'),
    empty: error(400, 'Bad request'),
    notAnObject: error(400, 'Bad request'),
    tooLarge: error(413, 'Request body too large'),
    wrongMethod: error(405, 'Method not allowed'),
    unknownPath: error(404, 'Not found'),
    forgedToken: tokenError(422, 'Signature verification failed'),
    malformedToken: tokenError(422, 'Not enough segments'),
    expiredToken: tokenError(401, 'Token has expired'),
    foreignToken: tokenError(422, 'Signature verification failed'),
    wrongTypeToken: tokenError(422, 'Only refresh tokens can access this endpoint'),
    deactivatedToken: tokenError(401, 'Token has been revoked'),
    tooManyAttempts: error(429, 'Too many requests'),
    storeFailing: error(503, 'Service unavailable'),
  },
};
