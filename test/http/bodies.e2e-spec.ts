import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { form, send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { head, sendRaw } from '../support/raw.js';
import { type Service, startService } from '../support/service.js';
import { DOORS, SECURITY_HEADERS, JSON_TYPE, password, problem, PROBLEM_TYPE } from '../support/shapes.js';
import { TokenPairClient } from '../support/token-pair.client.js';
import { whole } from '../support/whole.js';

const FORM_TYPE = 'application/x-www-form-urlencoded';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe.each(DOORS)('every body at $at', ({ shape, mount }) => {
  const { errors } = shape;
  const url = (path: string): string => service.url + mount + path;
  const post = (body: string | Buffer, headers = {}): ReturnType<typeof send> =>
    send('POST', url(shape.posts.path), { headers: { 'content-type': 'application/json', ...headers }, body });

  it('refuses a body that is no JSON', async () => {
    const bodies = {
      truncated: '{"username":',
      'invalid UTF-8': Buffer.concat([Buffer.from('{"username":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      'an unpaired quote': '{"username":"a}',
      'two values': '{}{}',
    };
    for (const body of Object.values(bodies)) expect(whole(await post(body))).toEqual(errors.malformed);
  });

  it.each(['gzip', 'GZIP', 'identity, gzip', 'unknown'])('refuses a body that is compressed: %s', async (coding) => {
    const body = gzipSync(JSON.stringify({ username: 'nobody', password }));
    const answer = await post(body, { 'content-encoding': coding });
    expect(JSON.stringify(whole(answer)).replace(coding, 'gzip')).toEqual(JSON.stringify(errors.compressed));
    expect(answer.headers).toMatchObject({
      ...SECURITY_HEADERS,
      'content-type': JSON_TYPE,
      'accept-encoding': 'identity',
    });
  });

  it('takes a body that says that it is not compressed, and a compressed one of no bytes for none', async () => {
    for (const coding of ['identity', 'Identity', '', 'identity, identity'])
      expect(whole(await post('{}', { 'content-encoding': coding }))).toEqual(errors.missing);
    const [empty, none] = [await post('', { 'content-encoding': 'gzip' }), await post('')];
    expect(whole(empty)).toEqual(whole(none));
  });

  it('refuses deep nesting like any other value of the wrong type', async () => {
    const deep = '['.repeat(40_000) + ']'.repeat(40_000);
    expect(whole(await post(`{"${shape.posts.field}":${deep},"password":"${password}"}`))).toEqual(errors.wrongType);
  });

  it('refuses an object that claims to be a text', async () => {
    const value = { toString: 'nobody', length: 6 };
    expect(whole(await post(JSON.stringify({ [shape.posts.field]: value, password })))).toEqual(errors.wrongType);
  });

  it('finds no fields in prototypes', async () => {
    const fields = JSON.stringify({ [shape.posts.field]: 'nobody', password });
    const bodies = [
      `{"__proto__":${fields}}`,
      `{"constructor":{"prototype":${fields}}}`,
      '{"toString":1,"hasOwnProperty":2}',
    ];
    for (const body of bodies) expect(whole(await post(body))).toEqual(errors.missing);
  });

  it('refuses a body over 100 kB, whether its length is told or not', async () => {
    const body = JSON.stringify({ [shape.posts.field]: 'a'.repeat(100_000), password });
    const type = { 'content-type': 'application/json' };
    const lines = head(`POST ${mount}${shape.posts.path} HTTP/1.1`, { ...type, 'transfer-encoding': 'chunked' });
    const chunked = await sendRaw(service.url, lines, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect({ status: chunked.status, body: chunked.json }).toEqual(errors.tooLarge);
    const answer = await post(body);
    expect(whole(answer)).toEqual(errors.tooLarge);
    expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': JSON_TYPE });
  });

  it('reads a body of 100 kB', async () => {
    const body = `{"${shape.posts.field}":1}`.padEnd(100_000);
    expect((await post(body)).status).toBe(shape.name === 'token-pair' ? 400 : errors.wrongType.status);
    expect((await post(`${body} `)).status).toBe(413);
  });
});

describe('a compressed body', () => {
  const sending = { headers: { 'content-encoding': 'br', 'content-type': FORM_TYPE }, body: 'token=x' };

  it.each(['/verify/resend', '/password-reset', `/password-reset/${'a'.repeat(43)}`])(
    'is refused by native routes in problem details: POST %s',
    async (path) => {
      const answer = await send('POST', service.url + path, sending);
      const title = 'The media type or the compression of the body is not supported.';
      expect(whole(answer)).toEqual({ status: 415, body: problem(415, 'media_type_unsupported', title) });
      expect(answer.headers).toMatchObject({ 'content-type': PROBLEM_TYPE, 'accept-encoding': 'identity' });
    },
  );

  it.each(['token', 'introspect', 'revoke'])('is refused as RFC 6749 words refusals: POST /oauth/%s', async (route) => {
    expect(whole(await send('POST', `${service.url}/oauth/${route}`, sending))).toEqual({
      status: 415,
      body: {
        error: 'invalid_request',
        error_description: 'The media type or the compression of the body is not supported.',
      },
    });
  });

  it('is refused where a short cut knows the token', async () => {
    const { access, refresh } = await new TokenPairClient(service.url, '').newcomer();
    const verify = (headers = {}): ReturnType<typeof send> =>
      send('POST', `${service.url}/auth/token/verify`, { body: { token: access, refresh }, headers });
    for (let times = 0; times < 3; times++) expect((await verify()).status).toBe(200);
    expect((await verify({ 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await verify({ 'content-encoding': 'identity' })).status).toBe(200);
  });
});

describe('Content-Type', () => {
  const credentials = JSON.stringify({ username: 'nobody', password });
  const MALFORMED_TYPES = [
    ';;',
    'json',
    '/',
    'application/',
    'application/json;charset',
    'ä',
    'application/json, text/plain',
  ];

  it.each(MALFORMED_TYPES)('"%s" does not keep a contract from reading JSON', async (type) => {
    const sending = { headers: { 'content-type': type }, body: credentials };
    expect(whole(await send('POST', `${service.url}/auth/login`, sending))).toEqual({
      status: 401,
      body: { err: 'invalid username or password' },
    });
    expect(whole(await send('POST', `${service.url}/users/login`, sending))).toEqual({
      status: 404,
      body: { message: 'user not found' },
    });
    expect(whole(await send('POST', `${service.url}/login`, sending))).toEqual({
      status: 400,
      body: { reason: 'Bad login details' },
    });
  });

  it.each([';;', 'json', 'text/plain'])('"%s" is refused by the one contract that looks at it', async (type) => {
    const sending = { headers: { 'content-type': type }, body: credentials };
    expect(whole(await send('POST', `${service.url}/auth/token`, sending))).toEqual({
      status: 415,
      body: { detail: `Unsupported media type "${type}" in request.` },
    });
  });
});

describe('a field that comes twice', () => {
  it('counts as it came last, in JSON and in a form', async () => {
    const [first, last] = [newPerson(), newPerson()];
    const json = `{"username":"${first.username}","username":"${last.username}","password":"${password}"}`;
    expect((await send('POST', `${service.url}/bare-token/auth/register`, { body: json })).status).toBe(200);
    const body = `username=${first.username}&username=${last.username}&password=${password}`;
    const answer = await send('POST', `${service.url}/auth/token`, { ...form({}), body });
    expect(answer.status).toBe(200);
    expect((await send('POST', `${service.url}/auth/token`, form({ username: first.username, password }))).status).toBe(
      401,
    );
  });
});
