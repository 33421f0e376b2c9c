import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PinsService } from '../../src/auth/pins.service.js';
import { RefreshService } from '../../src/auth/refresh.service.js';
import { RegistrationService } from '../../src/auth/registration.service.js';
import { SessionEndingService } from '../../src/auth/sessions/session-ending.service.js';
import { SignInService } from '../../src/auth/sign-in.service.js';
import { AccessTokenService } from '../../src/tokens/access-token.service.js';
import { CookieClient, MOUNTS, refused, type SignedIn } from '../support/cookie.client.js';
import { cookieToken, withCookie } from '../support/cookies.js';
import type { Answer } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** The payloads of the document, byte for byte. */
const PAYLOADS = {
  register: `{
    "username": "hyperxpizza",
    "email": "hyperxpizza@domain.com",
    "password1": "SomeTestPassword1#",
    "password2": "SomeTestPassword1#"
}`,
  login: `{
    "username": "hyperxpizza",
    "password1": "SomeTestPassword1#"
}`,
  pin: `{
    "pin": "PIN2"
}`,
};

const HYPERXPIZZA = { id: 1, username: 'hyperxpizza', is_admin: false };

describe.each(MOUNTS)('the examples of the document at %s/', (base) => {
  let service: Service;
  let client: CookieClient;

  beforeEach(async () => {
    service = await startService();
    client = new CookieClient(service.url + base);
  });

  afterEach(() => service.stop());

  it('register, sign in, tell who it is, refresh and set a PIN', async () => {
    expect(whole(await client.send('POST', '/users/register', { body: PAYLOADS.register }))).toEqual({
      status: 201,
      body: HYPERXPIZZA,
    });
    const login = await client.send('POST', '/users/login', { body: PAYLOADS.login });
    expect(whole(login)).toEqual({ status: 200, body: HYPERXPIZZA });

    const headers = withCookie(cookieToken(login));
    expect(whole(await client.send('GET', '/protected/me', { headers }))).toEqual({ status: 200, body: HYPERXPIZZA });
    expect(whole(await client.send('POST', '/protected/refresh_token', { headers }))).toEqual({
      status: 200,
      body: HYPERXPIZZA,
    });
    expect(whole(await client.send('POST', '/protected/pin', { headers, body: PAYLOADS.pin }))).toEqual({
      status: 200,
      body: { message: 'pin set' },
    });
  });

  it('register no second time', async () => {
    await client.send('POST', '/users/register', { body: PAYLOADS.register });
    expect(whole(await client.send('POST', '/users/register', { body: PAYLOADS.register }))).toEqual(
      refused(409, 'username is taken'),
    );
  });
});

describe.each(MOUNTS)('a server that fails at %s/', (base) => {
  let service: Service;
  let client: CookieClient;
  let signedIn: SignedIn;

  beforeAll(async () => {
    service = await startService();
    client = new CookieClient(service.url + base);
    signedIn = await client.newcomer();
  });

  afterEach(() => vi.restoreAllMocks());
  afterAll(() => service.stop());

  it.each<[string, () => { mockRejectedValue(error: Error): unknown }, () => Promise<Answer>]>([
    [
      'POST /users/register',
      () => vi.spyOn(service.app.get(RegistrationService), 'register'),
      () => client.register(newPerson('Secret1234#')),
    ],
    [
      'POST /users/login',
      () => vi.spyOn(service.app.get(SignInService), 'authenticate'),
      () => client.login(signedIn.person),
    ],
    [
      'POST /users/logout',
      () => vi.spyOn(service.app.get(SessionEndingService), 'signOut'),
      () => client.logout(signedIn.token),
    ],
    [
      'POST /protected/refresh_token',
      () => vi.spyOn(service.app.get(RefreshService), 'renew'),
      () => client.refresh(signedIn.token),
    ],
    [
      'POST /protected/pin',
      () => vi.spyOn(service.app.get(PinsService), 'set'),
      () => client.setPin(signedIn.token, { pin: 'PIN2' }),
    ],
  ])('answers 500 to %s, and no more than that', async (_, act, ask) => {
    act().mockRejectedValue(new Error('a secret of the house'));
    expect(whole(await ask())).toEqual(refused(500, 'internal server error'));
  });

  it('answers 500 to GET /protected/me, and no more than that', async () => {
    vi.spyOn(service.app.get(AccessTokenService), 'recall').mockImplementation(() => {
      throw new Error('a secret of the house');
    });
    expect(whole(await client.me(signedIn.token))).toEqual(refused(500, 'internal server error'));
  });
});
