import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import {
  accountIdOf,
  authTokenOf,
  BareTokenClient,
  credentials,
  MOUNTS,
  refused,
} from '../support/bare-token.client.js';
import { send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** A token alone. */
const SUCCESS = { status: 200, body: { authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string } };

describe.each(MOUNTS)('bare-token at $mount', ({ base }) => {
  let service: Service;
  let client: BareTokenClient;

  beforeAll(async () => {
    service = await startService();
    client = new BareTokenClient(service.url + base);
  });

  afterAll(() => service.stop());

  describe.each(['/auth/register', '/auth/login'])('POST %s', (path) => {
    const post = async (body: object | string, headers = {}): Promise<object> =>
      whole(await client.send('POST', path, { body, headers }));

    it.each([
      ['malformed JSON', '{"username": "a'],
      ['JSON with something behind it', '{"username":"a","password":"b"} x'],
      ['an empty text', ''],
      ['a list', '["username"]'],
      ['a text', '"username"'],
      ['a number', '1'],
      ['a boolean', 'true'],
      ['null', 'null'],
      ['bytes that are no UTF-8', Buffer.from('{"username":"\xff","password":"b"}', 'latin1')],
    ])('answers 400 to %s', async (_what, body) => {
      expect(await post(body)).toEqual(refused(400, 'invalid request body'));
    });

    it('answers 400 to a request without a body', async () => {
      expect(whole(await client.send('POST', path))).toEqual(refused(400, 'invalid request body'));
    });

    it.each([[1], [true], [['a']], [{ a: 'b' }]])('answers 400 to a field that is %j and no string', async (value) => {
      expect(await post({ username: value, password: 'Secret1234' })).toEqual(refused(400, 'invalid request body'));
      expect(await post({ username: 'somebody', password: value })).toEqual(refused(400, 'invalid request body'));
      expect(await post({ username: '', password: value })).toEqual(refused(400, 'invalid request body'));
    });

    it('names the username first when both fields are missing', async () => {
      const missing = refused(400, 'missing required field: "username"');
      expect(await post({})).toEqual(missing);
      expect(await post({ username: '', password: '' })).toEqual(missing);
      expect(await post({ username: null, password: null })).toEqual(missing);
      expect(await post({ password: 'Secret1234' })).toEqual(missing);
    });

    it('names the password when only that is missing', async () => {
      const missing = refused(400, 'missing required field: "password"');
      expect(await post({ username: 'somebody' })).toEqual(missing);
      expect(await post({ username: 'somebody', password: '' })).toEqual(missing);
      expect(await post({ username: 'somebody', password: null })).toEqual(missing);
      expect(await post({ username: 'x'.repeat(151) })).toEqual(missing);
    });

    it.each([
      ['of 151 characters', 'x'.repeat(151)],
      ['with a NUL', 'some\0body'],
      ['with a control character', 'some\u0007body'],
      ['with a line break', 'some\nbody'],
      ['with a lone surrogate', 'some\ud800body'],
      ['with white space before it', ' somebody'],
      ['with white space behind it', 'somebody\t'],
      ['of white space only', '   '],
    ])('answers 400 to a username %s', async (_what, username) => {
      expect(await post({ username, password: 'Secret1234' })).toEqual(refused(400, 'invalid username'));
      expect(await post({ username, password: 'x'.repeat(1025) })).toEqual(refused(400, 'invalid username'));
    });

    it.each([
      ['of 1,025 bytes', 'x'.repeat(1025)],
      ['of 1,026 bytes in 513 characters', 'é'.repeat(513)],
      ['with a NUL', 'Secret\x001234'],
      ['with a control character', 'Secret\t1234'],
      ['with a lone surrogate', 'Secret\udc00'],
    ])('answers 400 to a password %s', async (_what, password) => {
      expect(await post({ username: 'somebody', password })).toEqual(refused(400, 'invalid password'));
    });

    it('refuses a body over 100 kB', async () => {
      const body = { username: 'somebody', password: 'x'.repeat(100_000) };
      expect(await post(body)).toEqual(refused(413, 'request body too large'));
    });

    it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('answers 405 to %s', async (method) => {
      const answer = await client.send(method, path);
      expect(whole(answer)).toEqual(refused(405, 'method not allowed'));
      expect(answer.headers.allow).toBe('POST');
    });

    it('answers 500 with a fixed text, and tells the log why', async () => {
      const lookup = path === '/auth/login' ? 'findByName' : 'insert';
      vi.spyOn(service.app.get(UsersService), lookup).mockRejectedValueOnce(new Error('a bug of ours'));
      const answer = await client.send('POST', path, {
        body: credentials(newPerson()),
        headers: { 'x-request-id': `bug${base}${path}`.replaceAll('/', '.') },
      });
      expect(whole(answer)).toEqual(refused(500, 'internal server error'));
      expect(JSON.stringify(service.log.filter(({ id }) => id === answer.headers['x-request-id']))).toContain(
        'a bug of ours',
      );
    });
  });

  describe('POST /auth/register', () => {
    it('creates an account and answers its token alone, not to be cached', async () => {
      const answer = await client.register(credentials(newPerson()));
      expect(whole(answer)).toEqual(SUCCESS);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['cache-control']).toBe('no-store');
    });

    it('ignores unknown fields', async () => {
      const body = { ...credentials(newPerson()), is_admin: true, email: 7 };
      expect(whole(await client.register(body))).toEqual(SUCCESS);
    });

    it('parses JSON that comes without a media type', async () => {
      const body = JSON.stringify(credentials(newPerson()));
      expect(whole(await client.register(body))).toEqual(SUCCESS);
    });

    it.each(['application/x-www-form-urlencoded', 'text/plain;charset=UTF-8', 'application/xml', 'json', ';;', ''])(
      'parses JSON that is labelled "%s"',
      async (type) => {
        const sending = { body: JSON.stringify(credentials(newPerson())), headers: { 'content-type': type } };
        expect(whole(await client.send('POST', '/auth/register', sending))).toEqual(SUCCESS);
      },
    );

    it('accepts a username of 150 characters and a password of 1,024 bytes', async () => {
      const { username } = newPerson();
      const body = { username: username.padEnd(149, 'x') + '😀', password: 'é'.repeat(512) };
      expect(whole(await client.register(body))).toEqual(SUCCESS);
      expect(whole(await client.login(body))).toEqual(SUCCESS);
    });

    it('answers 409 to a taken name, in whatever case', async () => {
      const { person } = await client.newcomer();
      for (const username of [person.username, person.username.toUpperCase()]) {
        const answer = await client.register({ username, password: 'Another1234' });
        expect(whole(answer)).toEqual(refused(409, `username "${username}" is taken`));
      }
      expect(whole(await client.login(credentials(person)))).toEqual(SUCCESS);
    });

    it.each(['"quoted"', 'back\\slash', '\u2028</script>', 'ключ😀', '%s {}'])(
      'answers 409 in valid JSON when the taken name is %j',
      async (odd) => {
        const body = { username: newPerson().username + odd, password: 'Secret1234' };
        expect(whole(await client.register(body))).toEqual(SUCCESS);
        expect(whole(await client.register(body))).toEqual(refused(409, `username "${body.username}" is taken`));
      },
    );
  });

  describe('POST /auth/login', () => {
    it('answers a token alone, not to be cached', async () => {
      const { person } = await client.newcomer();
      const answer = await client.login(credentials(person));
      expect(whole(answer)).toEqual(SUCCESS);
      expect(answer.headers['cache-control']).toBe('no-store');
    });

    it('ignores unknown fields, the case of the username and the media type', async () => {
      const { person } = await client.newcomer();
      const body = { ...credentials(person), username: person.username.toUpperCase(), remember: true };
      for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
        const sending = { body: JSON.stringify(body), headers: { 'content-type': type } };
        expect(whole(await client.send('POST', '/auth/login', sending))).toEqual(SUCCESS);
      }
    });

    const WRONG = refused(401, 'invalid username or password');

    it('answers a wrong password and an unknown account alike', async () => {
      const { person } = await client.newcomer();
      expect(whole(await client.login({ ...credentials(person), password: 'Wrong1234' }))).toEqual(WRONG);
      expect(whole(await client.login(credentials(newPerson())))).toEqual(WRONG);
    });

    it('does not trim passwords or ignore their case', async () => {
      const { person } = await client.newcomer();
      for (const password of [` ${person.password}`, `${person.password} `, person.password.toUpperCase()]) {
        expect(whole(await client.login({ ...credentials(person), password }))).toEqual(WRONG);
      }
    });

    it('looks up the username and never the e-mail address', async () => {
      const { email, password } = newPerson();
      await send('POST', `${service.url}/basic/api/v1.0/register`, { body: { email, password } });
      expect(whole(await client.login({ username: email, password }))).toEqual(WRONG);
    });

    it('answers a pending account as it answers a wrong password', async () => {
      const { person, authToken } = await client.newcomer();
      const users = service.app.get(DataSource).getRepository(User);
      await users.update({ id: accountIdOf(authToken) }, { status: 'pending' });
      expect(whole(await client.login(credentials(person)))).toEqual(WRONG);
      expect(whole(await client.refresh(authToken))).toEqual(refused(401, 'invalid token'));
    });

    it('answers a deactivated account as it answers a wrong password', async () => {
      const { person, authToken } = await client.newcomer();
      await service.app.get(RevocationService).deactivate(accountIdOf(authToken));
      expect(whole(await client.login(credentials(person)))).toEqual(WRONG);
    });
  });

  describe('any other path', () => {
    it.each(['/auth/', '/auth/nothing', '/auth/login/', '/auth/refresh/more'])('answers 404 at %s', async (path) => {
      expect(whole(await client.send('GET', path))).toEqual(refused(404, 'not found'));
      expect(whole(await client.send('POST', path, { body: {} }))).toEqual(refused(404, 'not found'));
    });
  });

  describe('the document', () => {
    const PRINTED = '{\n  "username": "my_username",\n  "password": "my_password"\n}';
    const TOKEN_ALONE = /^\{"authToken":"[\w-]+\.[\w-]+\.[\w-]+"\}$/;

    it('prints requests, statuses and bodies that are true as printed', async () => {
      const registered = await client.register(PRINTED);
      const login = await client.login(PRINTED);
      const successes = [registered, login, await client.refresh(authTokenOf(registered))];
      expect(successes.map(({ status }) => status)).toEqual([200, 200, 200]);
      for (const { text } of successes) expect(text).toMatch(TOKEN_ALONE);
      const refusals = [
        await client.register('{'),
        await client.register(PRINTED),
        await client.login('{'),
        await client.login({ username: 'my_username', password: 'not_my_password' }),
        await client.refresh('your.jwt.token'),
      ];
      expect(refusals.map(({ status }) => status)).toEqual([400, 409, 400, 401, 401]);
      for (const { json } of refusals) expect(json).toEqual({ err: expect.stringMatching(/./) as string });
    });
  });
});
