import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, form, send, type Sending } from '../support/http.js';
import { multipart } from '../support/multipart.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const URLENCODED = { 'content-type': 'application/x-www-form-urlencoded' };
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' };
const NOT_A_FORM = { status: 400, body: { detail: 'Form parse error - invalid form' } };
const NOT_IN_PARTS = { status: 400, body: { detail: 'Multipart form parse error - invalid form' } };

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const post = (path: string, headers: Record<string, string>, body: string | Buffer): Promise<Answer> =>
  send('POST', service.url + path, { headers, body });

/** A multipart form whose password is these bytes. */
function multipartOf(username: string, password: Buffer): Buffer {
  const part = (name: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(`${part('username')}${username}\r\n${part('password')}`),
    password,
    Buffer.from('\r\n--b--\r\n'),
  ]);
}

describe('a form', () => {
  it('that is not UTF-8 is malformed: two passwords would become one', async () => {
    const { username } = newPerson();
    for (const body of [`username=${username}&password=abc%F6def`, `username=${username}%FF&password=Secret1234`]) {
      expect(whole(await post('/token-pair/auth/register', URLENCODED, body))).toEqual(NOT_A_FORM);
    }
    const bytes = Buffer.concat([Buffer.from('Secret'), Buffer.from([0xf6])]);
    const answer = await post('/token-pair/auth/register', MULTIPART, multipartOf(username, bytes));
    expect(whole(answer)).toEqual(NOT_IN_PARTS);
    const basic = await post('/basic/api/v1.0/register', URLENCODED, `email=${username}@x.de&password=abc%F6def`);
    expect(whole(basic)).toEqual({ status: 400, body: { error: 'Bad request', statusCode: 400 } });
  });

  it('keeps what is written carelessly: a bare percent sign, an equals sign, escapes in either case', async () => {
    const { username } = newPerson();
    const registered = await post(
      '/token-pair/auth/register',
      URLENCODED,
      `username=${username}&password=100%+a=b%c3%A9`,
    );
    expect(registered.status).toBe(201);
    const body = { username, password: '100% a=bé' };
    expect((await send('POST', `${service.url}/token-pair/auth/token`, { body })).status).toBe(200);
  });

  const MARKED = '\uFEFFSecret\uFEFF1234\r\n\r\n\uFEFF';
  const ENCODED: [string, (fields: Record<string, string>) => Sending][] = [
    ['urlencoded', form],
    [
      'urlencoded, unescaped',
      (fields) => ({
        ...form({}),
        body: Object.entries(fields)
          .map((pair) => pair.join('='))
          .join('&'),
      }),
    ],
    ['in parts', multipart],
  ];
  it.each(ENCODED)('keeps a byte order mark in a value, as JSON does: %s', async (_what, encode) => {
    const { username } = newPerson();
    const at = (path: string, sending: Sending): Promise<Answer> =>
      send('POST', `${service.url}/token-pair${path}`, sending);
    expect((await at('/auth/register', encode({ username, password: MARKED }))).status).toBe(201);
    expect((await at('/auth/token', { body: { username, password: MARKED } })).status).toBe(200);
    expect((await at('/auth/token', encode({ username, password: MARKED }))).status).toBe(200);
    for (const password of [MARKED.slice(1), MARKED.replaceAll('\uFEFF', '')])
      expect((await at('/auth/token', { body: { username, password } })).status).toBe(401);
  });

  it.each(ENCODED)('keeps it in an address too, which is refused as in JSON: %s', async (_what, encode) => {
    const fields = { email: `\uFEFF${newPerson().email}`, password: 'Secret1234' };
    const register = async (sending: Sending): Promise<object> =>
      whole(await send('POST', `${service.url}/basic/api/v1.0/register`, sending));
    const error = `${fields.email} is not a valid email address`;
    expect(await register({ body: fields })).toEqual({ status: 400, body: { error, statusCode: 400 } });
    expect(await register(encode({ ...fields, username: fields.email }))).toEqual(await register({ body: fields }));
  });

  it('counts JSON of other kinds as another media type', async () => {
    const type = 'application/vnd.api+json';
    const answer = await post('/token-pair/auth/register', { 'content-type': type }, '{}');
    expect(whole(answer)).toEqual({ status: 415, body: { detail: `Unsupported media type "${type}" in request.` } });
  });
});
