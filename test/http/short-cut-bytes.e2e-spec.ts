import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { appearance, type Asker, askerOf, HOT_ROUTES, type HotRoute } from '../support/hot-routes.js';
import type { Answer } from '../support/http.js';
import { head, parsed, sendRaw } from '../support/raw.js';
import { requestLines } from '../support/request-lines.js';
import { type Service, startService } from '../support/service.js';

type RawAnswer = Pick<Answer, 'status' | 'headers' | 'text'>;
type Headers = Readonly<Record<string, string>>;

const KEPT: Headers = { connection: 'keep-alive' };
const ASKING = HOT_ROUTES.filter(({ method }) => method === 'POST');

let service: Service;
let ids = 0;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** A connection, and the service's end of it. */
async function open(): Promise<{ ours: Socket; theirs: Socket }> {
  const { hostname, port } = new URL(service.url);
  const taken = once(service.app.getHttpServer(), 'connection');
  const ours = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
  onTestFinished(() => void ours.destroy());
  return { ours, theirs: (await taken)[0] as Socket };
}

/** Sends parts one by one, each once the service has read the one before it, and reads until the service closes. */
async function sendInParts(...parts: readonly string[]): Promise<RawAnswer> {
  const { ours, theirs } = await open();
  const answer = text(ours);
  let sent = 0;
  for (const part of parts) {
    await expect.poll(() => theirs.bytesRead, { interval: 1 }).toBe(sent);
    ours.write(part);
    sent += Buffer.byteLength(part);
  }
  return parsed(await answer);
}

/** The answers to requests over one connection, in the order in which they came. */
function answersIn(stream: string): RawAnswer[] {
  const end = stream.indexOf('\r\n\r\n') + 4;
  if (end < 4) return [];
  const length = Number(/^content-length: (\d+)/im.exec(stream.slice(0, end))?.[1] ?? 0);
  return [parsed(stream.slice(0, end + length)), ...answersIn(stream.slice(end + length))];
}

/** The head of a request that goes to a hot route as its owner sends it. */
function topOf(hot: HotRoute, { carried }: Asker, headers: Headers = {}, version = '1.1'): string {
  const { body = '' } = carried;
  const length: Headers = body === '' ? {} : { 'content-length': String(body.length) };
  return head(`${hot.method} ${hot.path} HTTP/${version}`, { ...carried.headers, ...length, ...headers });
}

const bodyOf = ({ carried }: Asker): string => carried.body ?? '';

describe.each(ASKING)('the body of $title', (hot) => {
  it.each([
    ['comes after its head', (body: string) => ['', body]],
    ['comes in two packets', (body: string) => [body.slice(0, 20), body.slice(20)]],
    [
      'comes in three, the first with the head',
      (body: string) => [body.slice(0, 9), body.slice(9, 10), body.slice(10)],
    ],
    ['lacks its last byte for a while', (body: string) => [body.slice(0, -1), body.slice(-1)]],
  ])('may be one that %s, for a token that is known and for another', async (_how, cut) => {
    const asker = await askerOf(service, hot);
    const [first = '', ...others] = cut(bodyOf(asker));
    const parts = [topOf(hot, asker) + first, ...others];
    const unknown = await sendInParts(...parts);
    expect(unknown.status).toBe(200);
    const known = await sendInParts(...parts);
    expect(appearance(known)).toEqual(appearance(unknown));
    const whole = await sendRaw(service.url, topOf(hot, asker), bodyOf(asker));
    expect(appearance(whole)).toEqual(appearance(unknown));
  });

  it('may be awaited by a client that sends it only after 100 Continue', async () => {
    const asker = await askerOf(service, hot);
    for (let times = 0; times < 2; times++) {
      const { ours } = await open();
      ours.write(topOf(hot, asker, { expect: '100-continue' }));
      const [invited] = (await once(ours, 'data')) as [Buffer];
      expect(invited.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      const answer = text(ours);
      ours.write(bodyOf(asker));
      expect(parsed(await answer).status).toBe(200);
    }
  });

  it('may come in chunks, with and without a token that is known', async () => {
    const asker = await askerOf(service, hot);
    const body = bodyOf(asker);
    const { 'content-length': _length, ...headers } = { ...asker.carried.headers };
    const top = head(`${hot.method} ${hot.path} HTTP/1.1`, { ...headers, 'transfer-encoding': 'chunked' });
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
    const unknown = await sendInParts(top, chunk, '0\r\n\r\n');
    expect(unknown.status).toBe(200);
    expect(appearance(await sendRaw(service.url, top, chunk, '0\r\n\r\n'))).toEqual(appearance(unknown));
  });

  it('that ends too early is answered by nothing, and logged as that', async () => {
    const asker = await askerOf(service, hot);
    for (let times = 0; times < 2; times++) {
      const id = `bytes-${++ids}`;
      const body = bodyOf(asker);
      const { ours } = await open();
      const answer = text(ours);
      ours.end(topOf(hot, asker, { 'content-length': String(body.length + 1), 'x-request-id': id }) + body);
      const line = { method: 'POST', route: hot.route, status: null, contract: hot.contract, accountId: null };
      expect(await requestLines(service, id)).toEqual([expect.objectContaining(line)]);
      expect(await answer).not.toContain('HTTP/1.1 200');
      // From here on the token is known.
      expect((await asker.ask()).status).toBe(200);
    }
  });

  it('may be longer than what is looked into at once', async () => {
    const asker = await askerOf(service, hot);
    const isJson = bodyOf(asker).startsWith('{');
    for (const length of [4095, 4096, 4097, 70_000]) {
      const fill = length - bodyOf(asker).length;
      const body = isJson ? ' '.repeat(fill) + bodyOf(asker) : `${bodyOf(asker)}&x=${'x'.repeat(fill - 3)}`;
      const answer = await sendRaw(service.url, topOf(hot, asker, { 'content-length': String(length) }), body);
      expect([length, answer.status]).toEqual([length, 200]);
    }
  });
});

describe('one connection', () => {
  it('carries requests to all hot routes that nobody waits between, and they are answered in their order', async () => {
    const askers = await Promise.all(HOT_ROUTES.map((hot) => askerOf(service, hot)));
    const asked = HOT_ROUTES.map((hot, index) => [hot, askers[index] as Asker] as const);
    const alone: RawAnswer[] = [];
    for (const [hot, asker] of asked) alone.push(await sendRaw(service.url, topOf(hot, asker), bodyOf(asker)));

    const stream = [...asked, ...asked]
      .map(([hot, asker], index) => {
        const isLast = index === 2 * asked.length - 1;
        return topOf(hot, asker, isLast ? { connection: 'close' } : KEPT) + bodyOf(asker);
      })
      .join('');
    const { ours } = await open();
    ours.write(stream);
    const answers = answersIn(await text(ours));

    const bare = ({ status, text: body }: RawAnswer): object => ({ status, body });
    expect(answers.map(bare)).toEqual([...alone, ...alone].map(bare));
  });

  it('goes on after requests that are refused, and after bodies that nobody has asked for', async () => {
    const [hot] = HOT_ROUTES.filter(({ isShort, method }) => isShort && method === 'GET') as [HotRoute];
    const [asking] = ASKING as [HotRoute];
    const [getting, verifying] = [await askerOf(service, hot), await askerOf(service, asking)];
    await Promise.all([getting.ask(), verifying.ask()]);
    const nonsense = { ...verifying, carried: { ...verifying.carried, body: '{"token":"x"}' } };
    const { ours } = await open();
    ours.write(
      [
        topOf(hot, getting, { ...KEPT, 'content-length': '5' }) + 'GET /',
        topOf(asking, nonsense, KEPT) + bodyOf(nonsense),
        topOf(asking, verifying, KEPT) + bodyOf(verifying),
        topOf(hot, getting, { ...KEPT, cookie: 'token=x', authorization: 'Bearer x' }),
        topOf(hot, getting, { connection: 'close' }),
      ].join(''),
    );
    expect(answersIn(await text(ours)).map(({ status }) => status)).toEqual([200, 401, 200, 401, 200]);
  });

  it('lasts or ends as HTTP/1.0 has it, whether the token is known or not', async () => {
    for (const hot of HOT_ROUTES) {
      const asker = await askerOf(service, hot);
      const top = topOf(hot, asker, {}, '1.0').replace(/^(host|connection): .*\r\n/gm, '');
      const unknown = await sendRaw(service.url, top, bodyOf(asker));
      expect(unknown.status).toBe(200);
      expect(appearance(await sendRaw(service.url, top, bodyOf(asker)))).toEqual(appearance(unknown));
    }
  });
});

describe('a body of POST /token-pair/auth/token/verify', () => {
  const verify = ASKING.find(({ path }) => path.startsWith('/token-pair')) as HotRoute;
  const JSON_TYPE = 'application/json';

  it.each<[of: string, type: string | undefined, body: (token: string) => string]>([
    ['a charset', 'application/json; charset=utf-8', (token) => JSON.stringify({ token })],
    ['its type in capitals', 'APPLICATION/JSON', (token) => JSON.stringify({ token })],
    ['no type', undefined, (token) => JSON.stringify({ token })],
    ['a type of text', 'text/plain', (token) => JSON.stringify({ token })],
    ['a type that is none', ';;', (token) => JSON.stringify({ token })],
    ['a type of a form', 'application/x-www-form-urlencoded', (token) => `token=${token}`],
    ['the text of a form', JSON_TYPE, (token) => `token=${token}`],
    ['a byte order mark', JSON_TYPE, (token) => `\ufeff${JSON.stringify({ token })}`],
    ['two tokens, the good one last', JSON_TYPE, (token) => `{"token":"x","token":"${token}"}`],
    ['two tokens, the good one first', JSON_TYPE, (token) => `{"token":"${token}","token":"x"}`],
    ['other fields', JSON_TYPE, (token) => JSON.stringify({ token, refresh: 'x', a: [1] })],
    ['spaces around the token', JSON_TYPE, (token) => JSON.stringify({ token: ` ${token}\n` })],
    ['a Bearer token', JSON_TYPE, (token) => JSON.stringify({ token: `Bearer ${token}` })],
    ['a list of tokens', JSON_TYPE, (token) => JSON.stringify({ token: [token] })],
    ['a list', JSON_TYPE, (token) => JSON.stringify([{ token }])],
    ['a text', JSON_TYPE, (token) => JSON.stringify(token)],
    ['another name', JSON_TYPE, (token) => JSON.stringify({ Token: token })],
    ['a prototype', JSON_TYPE, (token) => `{"__proto__":{"token":"${token}"}}`],
    ['an escaped name', JSON_TYPE, (token) => `{"\\u0074oken":"${token}"}`],
    ['no end', JSON_TYPE, (token) => `{"token":"${token}"`],
    ['bytes that are no UTF-8', JSON_TYPE, (token) => `{"token":"${token}","x":"\u00ff"}`],
  ])('with %s is answered alike whether its token is known or not', async (of, type, write) => {
    const asker = await askerOf(service, verify);
    const body = Buffer.from(write(asker.token), of.includes('UTF-8') ? 'latin1' : 'utf8');
    const headers = { 'content-length': String(body.length), ...(type !== undefined && { 'content-type': type }) };
    const top = head(`POST ${verify.path} HTTP/1.1`, headers);
    const unknown = await sendRaw(service.url, top, body);
    expect((await asker.ask()).status).toBe(200);
    expect(appearance(await sendRaw(service.url, top, body))).toEqual(appearance(unknown));
  });
});

describe.each(HOT_ROUTES.filter(({ method }) => method === 'GET'))('a malformed body of $title', (hot) => {
  it('is answered once, with 400, though nobody asked for it and the token is known', async () => {
    const asker = await askerOf(service, hot);
    for (let times = 0; times < 2; times++) {
      expect((await asker.ask()).status).toBe(200);
      const { ours } = await open();
      const stream = text(ours);
      ours.write(`${topOf(hot, asker, { 'transfer-encoding': 'chunked' })}ZZ\r\n`);
      expect(answersIn(await stream).map(({ status }) => status)).toEqual([400]);
    }
  });
});
