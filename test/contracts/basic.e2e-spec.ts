import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { UsersService } from '../../src/users/users.service.js';
import {
  basic,
  BasicClient,
  LOGIN_FAILED,
  MOUNTS,
  outcome,
  refused,
  refreshed,
  signedIn,
  tokensOf,
  UNVERIFIED,
} from '../support/basic.client.js';
import { form } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { confirm } from '../support/outbox.js';
import { newPerson, type Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

const BAD_DATA = refused(422, 'Bad authentication data');

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

describe.each(MOUNTS)('basic at $mount', ({ base }) => {
  let client: BasicClient;

  beforeAll(() => {
    client = new BasicClient(service.url + base);
  });

  /** Somebody who registered and verified the address. */
  async function owner(person: Person = newPerson()): Promise<Person> {
    await client.register(person);
    await confirm(service, person.email);
    return person;
  }

  describe('POST /api/v1.0/login', () => {
    it('answers both tokens, with the e-mail whole', async () => {
      const person = await owner();

      expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    });

    it('answers tokens that live 15 minutes and 30 days and name the contract', async () => {
      const tokens = tokensOf(await client.login(await owner()));

      const access = decode(tokens.access_token).claims as Record<string, number>;
      const refresh = decode(tokens.refresh_token).claims as Record<string, number>;
      expect(access.client_id).toBe('basic');
      expect(refresh.client_id).toBe('basic');
      expect(access.exp! - access.iat!).toBe(15 * 60);
      expect(refresh.exp! - refresh.iat!).toBe(30 * 86_400);
    });

    it('finds the account by the e-mail in any case of letters, and echoes it as registered', async () => {
      const person = newPerson();
      const email = `John.${person.email}`;
      await owner({ ...person, email });

      const answer = await client.login({ ...person, email: email.toUpperCase() });

      expect(outcome(answer)).toEqual(signedIn(`Login for ${email} succesful`));
    });

    it.each(['Basic', 'basic', 'BASIC', 'bAsIc'])('takes the scheme %s', async (scheme) => {
      const { email, password } = await owner();

      const answer = await client.loginBy(basic(email, password).replace('Basic', scheme));

      expect(outcome(answer)).toEqual(signedIn(`Login for ${email} succesful`));
    });

    it('splits at the first colon: the password may hold more', async () => {
      const person = await owner(newPerson('se:cret:1234:'));

      expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    });

    it.each(['utf8', 'latin1'] as const)('reads a password with umlauts in %s', async (charset) => {
      const { email, password } = await owner(newPerson('gr\u00fc\u00dfe-\u00e9\u00e8'));

      const answer = await client.loginBy(basic(email, password, charset));

      expect(outcome(answer)).toEqual(signedIn(`Login for ${email} succesful`));
    });

    it.each(['utf8', 'latin1'] as const)('reads an e-mail with umlauts in %s', async (charset) => {
      const { username, password } = newPerson();
      const { email } = await owner({ username, email: `j\u00f6rg.${username}@example.com`, password });

      const answer = await client.loginBy(basic(email, password, charset));

      expect(outcome(answer)).toEqual(signedIn(`Login for ${email} succesful`));
    });

    it('takes bytes that are UTF-8 for UTF-8, even where they could be Latin-1', async () => {
      const { email, password } = await owner(newPerson('\u00c3\u00bc-as-typed'));

      expect(outcome(await client.loginBy(basic(email, password, 'latin1')))).toEqual(LOGIN_FAILED);
      expect(outcome(await client.loginBy(basic(email, password)))).toEqual(signedIn(`Login for ${email} succesful`));
    });

    it.each([
      ['JSON', { body: { email: 'other@example.com', password: 'Another1234' } }],
      ['malformed JSON', { body: '{"', headers: { 'content-type': 'application/json' } }],
      ['a form', form({ email: 'other@example.com', password: 'Another1234' })],
      ['a media type without a body', { headers: { 'content-type': 'application/json' } }],
    ])('does not look at a body: %s', async (_what, { headers, ...body }: ReturnType<typeof form>) => {
      const { email, password } = await owner();
      const authorization = basic(email, password);

      const answer = await client.send('POST', '/api/v1.0/login', { ...body, headers: { ...headers, authorization } });

      expect(outcome(answer)).toEqual(signedIn(`Login for ${email} succesful`));
    });

    it.each([
      ['no header', undefined],
      ['an empty header', ''],
      ['the scheme alone', 'Basic'],
      ['another scheme', 'Bearer am9objpodW50ZXIy'],
      ['credentials without a scheme', 'am9objpodW50ZXIy'],
      ['no base64', 'Basic !!!'],
      ['base64url', `Basic ${Buffer.from('a\u00ff\u00ff:b\u00bf\u00bf').toString('base64url')}`],
      ['something behind the base64', 'Basic am9objpodW50ZXIy am9objpodW50ZXIy'],
      ['no colon', `Basic ${Buffer.from('john@doe.com').toString('base64')}`],
    ])('answers 422 to %s', async (_what, authorization) => {
      expect(outcome(await client.loginBy(authorization))).toEqual(BAD_DATA);
    });

    it('does not take credentials from the query', async () => {
      const { email, password } = await owner();
      const query = new URLSearchParams({ username: email, email, password }).toString();

      expect(outcome(await client.send('POST', `/api/v1.0/login?${query}`))).toEqual(BAD_DATA);
    });

    it('answers a wrong password and an unknown e-mail alike', async () => {
      const { email } = await owner();

      const wrong = await client.login({ email, password: 'Another1234' });
      const unknown = await client.login(newPerson());

      expect(outcome(wrong)).toEqual(LOGIN_FAILED);
      expect(unknown.text).toBe(wrong.text);
      expect(unknown.status).toBe(wrong.status);
    });

    it.each([
      ['an empty e-mail', '', 'Secret1234'],
      ['an empty password', 'john@doe.com', ''],
      ['neither', '', ''],
      ['an e-mail with a NUL', 'john\0@doe.com', 'Secret1234'],
      ['a password with a NUL', 'john@doe.com', 'Secret\u00001234'],
      ['a password that is too long', 'john@doe.com', 'x'.repeat(1025)],
    ])('fails with %s', async (_what, email, password) => {
      expect(outcome(await client.login({ email, password }))).toEqual(LOGIN_FAILED);
    });

    it('never looks an account up by its username', async () => {
      const { username, password } = await owner();

      expect(outcome(await client.login({ email: username, password }))).toEqual(LOGIN_FAILED);
    });

    it('refuses a deactivated account as if the password were wrong', async () => {
      const person = await owner();
      const user = await service.app.get(UsersService).findByName('email', person.email);
      await service.app.get(RevocationService).deactivate(user!.id);

      expect(outcome(await client.login(person))).toEqual(LOGIN_FAILED);
    });

    it('refuses an address that is not verified, but only to the right password', async () => {
      const { person } = await client.newcomer();

      expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
      expect(outcome(await client.login({ ...person, password: 'Another1234' }))).toEqual(LOGIN_FAILED);
    });
  });

  describe('any path', () => {
    it.each(['/api/v1.0/', '/api/v1.0/unknown', '/api/v1.0/login/more'])('answers 404 at %s', async (path) => {
      expect(outcome(await client.send('POST', path))).toEqual(refused(404, 'Not found'));
    });

    it.each(['login', 'register', 'refresh'])('answers 405 to GET /api/v1.0/%s', async (route) => {
      const answer = await client.send('GET', `/api/v1.0/${route}`);

      expect(outcome(answer)).toEqual(refused(405, 'Method not allowed'));
      expect(answer.headers.allow).toBe('POST');
    });

    it('answers 413 to a body that is too large', async () => {
      const answer = await client.registerBy({ body: { email: 'x'.repeat(100_000), password: 'Secret1234' } });

      expect(outcome(answer)).toEqual(refused(413, 'Request body too large'));
    });

    it('may be read by pages of any origin, without credentials', async () => {
      const answer = await client.send('POST', '/api/v1.0/login', { headers: { origin: 'https://app.example.com' } });

      expect(outcome(answer)).toEqual(BAD_DATA);
      expect(answer.headers['access-control-allow-origin']).toBe('*');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
      expect(answer.headers['cache-control']).toBe('no-store');
    });
  });
});

// The document's e-mail can be registered once: each mount gets a service of its own.
describe.each(MOUNTS)("the document's own examples at $mount", ({ base }) => {
  let documented: Service;

  beforeAll(async () => {
    documented = await startService();
  });

  afterAll(() => documented.stop());

  it('register, log in and refresh as its jQuery calls do', async () => {
    const client = new BasicClient(documented.url + base);
    const email = 'john@doe.com';
    const pw = 'hunter2';
    const encodedInfo = btoa(`${email}:${pw}`);

    const registered = await client.registerBy(form({ email, password: pw }));
    expect(outcome(registered)).toEqual(signedIn('Account registered for john@doe.com'));
    await confirm(documented, email);

    const login = await client.loginBy(`Basic ${encodedInfo}`);
    expect(outcome(login)).toEqual(signedIn('Login for john@doe.com succesful'));

    const refresh = await client.refreshBy(`Bearer ${tokensOf(login).refresh_token}`);
    expect(outcome(refresh)).toEqual(refreshed('john@doe.com'));

    const failed = await client.loginBy(`Basic ${btoa(`${email}:hunter3`)}`);
    expect(failed.json).toEqual({ error: 'Login failed (incorrect email or password)', statusCode: 403 });
  });
});
