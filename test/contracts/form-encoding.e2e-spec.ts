import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const URLENCODED = { 'content-type': 'application/x-www-form-urlencoded' };
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' };
const NOT_A_FORM = { status: 400, body: { detail: 'Multipart form parse error - invalid form' } };

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
    expect(whole(answer)).toEqual(NOT_A_FORM);
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

  it('counts JSON of other kinds as another media type', async () => {
    const type = 'application/vnd.api+json';
    const answer = await post('/token-pair/auth/register', { 'content-type': type }, '{}');
    expect(whole(answer)).toEqual({ status: 415, body: { detail: `Unsupported media type "${type}" in request.` } });
  });
});
