import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { form, type Sending } from '../support/http.js';
import { multipart } from '../support/multipart.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import {
  answered,
  credentials,
  INVALID,
  MOUNTS,
  outcome,
  pairOf,
  TokenPairClient,
} from '../support/token-pair.client.js';

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;
const PAIR = { refresh: JWT, access: JWT };
const WRONG = answered(401, { detail: 'No active account found with the given credentials' });
const REQUIRED = 'this field is required';

const json = (body: object): Sending => ({ body });

/** Every POST, with the fields it asks for. */
const POSTS = [
  { path: '/auth/token', fields: ['username', 'password'] },
  { path: '/auth/register', fields: ['username', 'password'] },
  { path: '/auth/token/refresh', fields: ['refresh'] },
  { path: '/auth/token/verify', fields: ['token'] },
  { path: '/auth/token/blacklist', fields: ['refresh'] },
];

const MEDIA_TYPES = [
  { type: 'JSON', encode: json },
  { type: 'urlencoded', encode: form },
  { type: 'multipart', encode: multipart },
];

describe.each(MOUNTS)('token-pair at $mount', ({ base }) => {
  let service: Service;
  let client: TokenPairClient;

  beforeAll(async () => {
    service = await startService();
    client = new TokenPairClient(service.url, base);
  });

  afterAll(() => service.stop());

  describe.each(MEDIA_TYPES)('a body in $type', ({ encode }) => {
    const post = async (path: string, fields: Record<string, string>): Promise<object> =>
      outcome(await client.send('POST', path, encode(fields)));

    it('is accepted on every POST', async () => {
      const person = newPerson('Sécret +&=%20 1234');
      expect(await post('/auth/register', credentials(person))).toEqual(answered(201, PAIR));
      expect(await post('/auth/token', credentials(person))).toEqual(answered(200, PAIR));
      const { refresh, access } = pairOf(await client.token(credentials(person)));
      expect(await post('/auth/token/verify', { token: access })).toEqual(answered(200, {}));
      expect(await post('/auth/token/refresh', { token: refresh })).toEqual(answered(200, {}));
      const next = await client.send('POST', '/auth/token/refresh', encode({ refresh }));
      expect(outcome(next)).toEqual(answered(200, PAIR));
      expect(await post('/auth/token/blacklist', { refresh: pairOf(next).refresh })).toEqual(answered(200, {}));
    });

    it('may have white space around a token', async () => {
      const { refresh, access } = await client.newcomer();
      const spaced = (token: string): string => ` \t${token}\r\n`;
      expect(await post('/auth/token/verify', { token: spaced(access) })).toEqual(answered(200, {}));
      expect(await post('/auth/token/verify', { refresh: spaced(refresh) })).toEqual(answered(200, {}));
      expect(await post('/auth/token/refresh', { token: spaced(refresh) })).toEqual(answered(200, {}));
      const next = await client.send('POST', '/auth/token/refresh', encode({ refresh: spaced(refresh) }));
      expect(outcome(next)).toEqual(answered(200, PAIR));
      const { refresh: last } = pairOf(next);
      expect(await post('/auth/token/blacklist', { refresh: spaced(last) })).toEqual(answered(200, {}));
      expect(await post('/auth/token/verify', { token: last.replace('.', ' .') })).toEqual(INVALID);
    });

    it('may hold unknown fields', async () => {
      const person = newPerson();
      const fields = { ...credentials(person), remember: 'yes' };
      expect(await post('/auth/register', fields)).toEqual(answered(201, PAIR));
      expect(await post('/auth/token', fields)).toEqual(answered(200, PAIR));
    });

    it.each(POSTS)('that lacks every field names them all at POST $path', async ({ path, fields }) => {
      const required = Object.fromEntries(fields.map((field) => [field, [REQUIRED]]));
      expect(await post(path, { other: 'x' })).toEqual(answered(400, required));
    });

    it.each(['/auth/token', '/auth/register'])('that lacks one field names only that at POST %s', async (path) => {
      const { username, password } = newPerson();
      expect(await post(path, { username })).toEqual(answered(400, { password: [REQUIRED] }));
      expect(await post(path, { password })).toEqual(answered(400, { username: [REQUIRED] }));
    });

    it.each(POSTS)('with empty or blank fields is refused at POST $path', async ({ path, fields }) => {
      for (const value of ['', ' ', ' \t\n']) {
        const blank = Object.fromEntries(fields.map((field) => [field, ['This field may not be blank.']]));
        expect(await post(path, Object.fromEntries(fields.map((field) => [field, value])))).toEqual(
          answered(400, blank),
        );
      }
    });

    it.each(POSTS)('with a NUL in its fields is refused at POST $path', async ({ path, fields }) => {
      const refusal = Object.fromEntries(fields.map((field) => [field, ['Null characters are not allowed.']]));
      const withNul = Object.fromEntries(fields.map((field) => [field, 'a\0b']));
      expect(await post(path, withNul)).toEqual(answered(400, refusal));
    });
  });

  describe.each(POSTS)('POST $path', ({ path, fields }) => {
    const post = async (body: object | string | undefined, type = 'application/json'): Promise<object> =>
      outcome(await client.send('POST', path, { body, headers: { 'content-type': type } }));
    const ofEach = (value: unknown): Record<string, unknown> => Object.fromEntries(fields.map((name) => [name, value]));

    it('refuses null', async () => {
      expect(await post(ofEach(null))).toEqual(answered(400, ofEach(['This field may not be null.'])));
    });

    it.each([[true], [false], [[]], [['a']], [[1]], [{}], [{ a: 1 }]])('refuses %j as no string', async (value) => {
      expect(await post(ofEach(value))).toEqual(answered(400, ofEach(['Not a valid string.'])));
    });

    it.each([
      ['list', '["username", 1]'],
      ['str', '"username=a"'],
      ['int', '1'],
      ['int', '-12345678901234567890'],
      ['float', '1.5'],
      ['float', '1.0'],
      ['float', '1e2'],
      ['bool', 'false'],
      ['NoneType', 'null'],
    ])('answers JSON that is a %s that it expected a dictionary', async (kind, body) => {
      const text = `Invalid data. Expected a dictionary, but got ${kind}.`;
      expect(await post(body)).toEqual(answered(400, { non_field_errors: [text] }));
    });

    it.each([
      ['cut short', '{"username": "a'],
      ['followed by something', '{} x'],
      ['in single quotes', "{'username': 'a'}"],
      ['of bytes that are no UTF-8', Buffer.from('{"username":"\xff"}', 'latin1')],
    ])('answers JSON %s with a parse error', async (_what, body) => {
      const detail = expect.stringMatching(/^JSON parse error - ./) as string;
      expect(await post(body)).toEqual(answered(400, { detail }));
    });

    it.each([
      ['without a boundary', 'multipart/form-data'],
      ['with another boundary', 'multipart/form-data; boundary=other'],
    ])('answers multipart %s with a parse error', async (_what, type) => {
      const { body } = multipart(ofEach('a') as Record<string, string>);
      const detail = expect.stringMatching(/^Multipart form parse error - ./) as string;
      expect(await post(body, type)).toEqual(answered(400, { detail }));
    });

    it('refuses a file in the place of a text', async () => {
      const parts = fields.map(
        (name) =>
          `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\na\r\n`,
      );
      const answer = await post(`${parts.join('')}--x--\r\n`, 'multipart/form-data; boundary=x');
      expect(answer).toEqual(answered(400, ofEach(['Not a valid string.'])));
    });

    it.each(['text/plain', 'text/plain;charset=UTF-8', 'application/xml', 'json', ';;', 'text/*', '*', '*/json', '/'])(
      'answers 415 to a body labelled "%s"',
      async (type) => {
        const detail = `Unsupported media type "${type}" in request.`;
        expect(await post(JSON.stringify(ofEach('a')), type)).toEqual(answered(415, { detail }));
      },
    );

    it.each(['*/*', '*/*;q=0.8', ' */* ', 'application/*', ''])(
      'reads JSON from a body labelled "%s"',
      async (type) => {
        const answer = await post(JSON.stringify(ofEach(null)), type);
        expect(answer).toEqual(answered(400, ofEach(['This field may not be null.'])));
        const detail = 'JSON parse error - invalid JSON';
        expect(await post('username=a', type)).toEqual(answered(400, { detail }));
      },
    );

    it('reads JSON from a body that is not labelled', async () => {
      const answer = await client.send('POST', path, { body: JSON.stringify(ofEach(null)) });
      expect(outcome(answer)).toEqual(answered(400, ofEach(['This field may not be null.'])));
    });

    it('says of an urlencoded body that it is a form that cannot be read', async () => {
      const answer = await post('a=%FF', 'application/x-www-form-urlencoded');
      expect(answer).toEqual(answered(400, { detail: 'Form parse error - invalid form' }));
    });

    it('counts no body at all as no fields, whatever the label', async () => {
      const required = answered(400, ofEach([REQUIRED]));
      expect(outcome(await client.send('POST', path))).toEqual(required);
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        expect(await post(undefined, type)).toEqual(required);
        expect(await post('', type)).toEqual(required);
      }
    });

    it('reads the media type in any case and with parameters', async () => {
      expect(await post('{}', 'Application/JSON; charset=utf-8')).toEqual(answered(400, ofEach([REQUIRED])));
      const urlencoded = 'Application/X-WWW-Form-Urlencoded; charset=UTF-8';
      expect(await post('a=b', urlencoded)).toEqual(answered(400, ofEach([REQUIRED])));
    });

    it('answers 413 to a body over 100 kB', async () => {
      const answer = await post(ofEach('x'.repeat(100_000)));
      expect(answer).toEqual(answered(413, { detail: 'Request body exceeded the limit of 100000 bytes.' }));
    });
  });

  describe.each(['/auth/token', '/auth/register'])('POST %s', (path) => {
    const post = async (body: object): Promise<object> => outcome(await client.post(path, body));

    it('refuses a username of more than 150 characters', async () => {
      const tooLong = { username: ['Ensure this field has no more than 150 characters.'] };
      for (const username of ['x'.repeat(151), '😀'.repeat(151)]) {
        expect(await post({ username, password: 'Secret1234' })).toEqual(answered(400, tooLong));
      }
    });

    it('refuses a password of more than 1,024 bytes', async () => {
      const tooLong = { password: ['Ensure this field has no more than 1024 bytes.'] };
      for (const password of ['x'.repeat(1025), 'é'.repeat(513)]) {
        expect(await post({ username: 'somebody', password })).toEqual(answered(400, tooLong));
      }
    });

    it.each(['some\u0007body', 'some\nbody', ' somebody', 'somebody ', 'some\ud800body'])(
      'refuses the username %j',
      async (username) => {
        const invalid = { username: ['Enter a valid username.'] };
        expect(await post({ username, password: 'Secret1234' })).toEqual(answered(400, invalid));
      },
    );

    it('refuses a password with half a character', async () => {
      const invalid = { password: ['Enter a valid password.'] };
      expect(await post({ username: 'somebody', password: 'Secret\udc00' })).toEqual(answered(400, invalid));
    });

    it('tells what is wrong with each field, one text for each', async () => {
      expect(await post({ username: null, password: ['\0'] })).toEqual(
        answered(400, { username: ['This field may not be null.'], password: ['Not a valid string.'] }),
      );
      expect(await post({ username: 'x'.repeat(151) })).toEqual(
        answered(400, {
          username: ['Ensure this field has no more than 150 characters.'],
          password: [REQUIRED],
        }),
      );
    });
  });

  describe('POST /auth/register', () => {
    it('accepts a username of 150 characters and a password of 1,024 bytes', async () => {
      const { username } = newPerson();
      const body = { username: username.padEnd(149, 'x') + '😀', password: 'é'.repeat(512) };
      expect(outcome(await client.register(body))).toEqual(answered(201, PAIR));
      expect(outcome(await client.token(body))).toEqual(answered(200, PAIR));
      expect(outcome(await client.token({ ...body, password: `${'é'.repeat(511)}ee` }))).toEqual(WRONG);
    });
  });
});
