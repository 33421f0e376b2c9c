import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../src/definitions.js';
import { DRIVERS } from '../drivers/index.js';
import { hmac, jwt } from '../support/forge.js';
import { AnswerReader } from '../support/fuzz/answer-reader.js';
import { Campaign } from '../support/fuzz/campaign.js';
import { type Draft, written } from '../support/fuzz/draft.js';
import { Examples } from '../support/fuzz/examples.js';
import { mutate } from '../support/fuzz/mutations.js';
import { documentsOf } from '../support/fuzz/operations.js';
import { type Asked, Oracle } from '../support/fuzz/oracle.js';
import { Random } from '../support/fuzz/random.js';
import { RouteBook } from '../support/fuzz/route-book.js';
import { Stock } from '../support/fuzz/stock.js';
import { type Answer, send } from '../support/http.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { SECURITY_HEADERS } from '../support/shapes.js';

const somebody = newPerson();
const SECRET = 'nobody may read this';

let service: Service;
let book: RouteBook;
let oracle: Oracle;

beforeAll(async () => {
  service = await startService();
  book = new RouteBook(await documentsOf(service.url));
  oracle = new Oracle(book, [SECRET]);
});
afterAll(() => service.stop());

/** A request without anything special, and what the service answers it. */
async function asked(method: string, target: string): Promise<{ request: Asked; answer: Answer }> {
  const request = { method, target, headers: [], mayBeUnparsable: false };
  return { request, answer: await send(method, service.url + target) };
}

/** Sessions that open nothing, for tests that send nothing to a service. */
function stockOfNothing(): Stock {
  const token = jwt({ alg: 'HS256', typ: 'at+jwt' }, { sub: '7', sid: 'a' }, hmac('a stranger'));
  const credential = { door: 'token-pair', person: somebody, access: token, refresh: token };
  const stock = new Stock(credential, { id: 'svc_a', secret: 'a secret', token });
  stock.kept.push(...DRIVERS.map(({ name }) => ({ ...credential, door: name })));
  return stock;
}

describe('the routes that are asked', () => {
  it('are those of every document that the service offers', () => {
    const names = new Set(book.operations.map(({ source }) => source.name));
    expect([...names].sort()).toEqual(DEFINITIONS.map(({ name }) => name).sort());
  });
});

describe('the oracle', () => {
  it.each([
    ['GET', '/health'],
    ['HEAD', '/opaque-token/health'],
    ['GET', '/auth/refresh'],
    ['POST', '/auth/register'],
    ['POST', '/cookie/users/login'],
    ['GET', '/account'],
    ['POST', '/oauth/token'],
    ['GET', '/oauth/nothing'],
    ['GET', '/verify/nonsense'],
    ['PUT', '/api/v1.0/login'],
    ['TRACE', '/auth/token/nothing'],
    ['GET', '/auth/%ZZ'],
    ['OPTIONS', '/protected/me'],
    ['GET', '/.well-known/jwks.json'],
    ['GET', '/docs'],
    ['GET', '/health/ready'],
    ['GET', '/metrics'],
  ])('finds nothing in what the service answers to %s %s', async (method, target) => {
    const { request, answer } = await asked(method, target);
    expect(oracle.faultsOf(request, answer)).toEqual([]);
  });

  it.each(['closed', 'silent', 'garbled'] as const)('reports a connection that is %s', async (outcome) => {
    const { request } = await asked('GET', '/health');
    expect(oracle.faultsOf(request, outcome)).toEqual([`no answer: ${outcome}`]);
  });

  it.each([...Object.keys(SECURITY_HEADERS), 'x-request-id'])('reports a missing header: %s', async (name) => {
    for (const [method, target] of [
      ['GET', '/account'],
      ['POST', '/auth/login'],
    ] as const) {
      const { request, answer } = await asked(method, target);
      const { [name]: _missing, ...headers } = answer.headers;
      expect(oracle.faultsOf(request, { ...answer, headers })).toEqual([expect.stringContaining(`${name}: `)]);
    }
  });

  it.each([
    ['a status that the route does not document', { status: 418 }],
    ['a fault of the server', { status: 500 }],
    ['another fault of the server', { status: 502 }],
    ['503 without Retry-After', { status: 503 }],
    ['a field that no schema names', { json: { err: 'invalid token', stack: 'a' } }],
    ['the shape of another contract', { json: { detail: 'Not found.' } }],
    ['a body that is no JSON', { json: undefined, text: 'Bad Request' }],
    ['a secret', { text: `{"err":"${SECRET}"}` }],
    ['a stack', { text: '{"err":"x"}\n    at Object.<anonymous> (/app/dist/main.js:1:1)' }],
    ['a statement', { text: '{"err":"SELECT id FROM users"}' }],
  ])('reports %s', async (_what, change) => {
    const { request, answer } = await asked('GET', '/auth/refresh');
    expect(oracle.faultsOf(request, { ...answer, ...change })).not.toEqual([]);
  });

  it.each([
    ['/auth/nothing', { err: 'not found' }],
    ['/auth/token/nothing', { detail: 'Not found.' }],
    ['/users/nothing', { message: 'not found' }],
    ['/opaque-token/nothing', { reason: 'Not Found' }],
    ['/basic/nothing', { error: 'Not found', statusCode: 404 }],
  ])('reports %s in any shape but its own', async (target, own) => {
    const { request, answer } = await asked('GET', target);
    expect(answer.json).toEqual(own);
    const other = await asked('GET', 'err' in own ? '/users/nothing' : '/auth/nothing');
    expect(oracle.faultsOf(request, other.answer)).not.toEqual([]);
    expect(oracle.faultsOf(request, { ...answer, status: 200 })).not.toEqual([]);
  });

  it('reports problem details of the parser where it had nothing to refuse', async () => {
    const { request, answer } = await asked('GET', '/auth/refresh');
    const refused = {
      ...answer,
      status: 400,
      headers: { ...answer.headers, connection: 'close', 'content-type': 'application/problem+json; charset=utf-8' },
      json: { type: 'about:blank', title: 'The request is malformed.', status: 400, code: 'request_malformed' },
    };
    expect(oracle.faultsOf({ ...request, mayBeUnparsable: true }, refused)).toEqual([]);
    expect(oracle.faultsOf(request, refused)).not.toEqual([]);
  });

  it('reports 405 without the methods of the path, a request id that was changed, and an OPTIONS that is not answered', async () => {
    const { request, answer } = await asked('PUT', '/auth/refresh');
    for (const allow of [undefined, 'POST']) {
      const headers = { ...answer.headers, allow };
      expect(oracle.faultsOf(request, { ...answer, headers })).not.toEqual([]);
    }
    const withId: Asked = { ...request, headers: [['X-Request-Id', 'mine']] };
    expect(oracle.faultsOf(withId, answer)).toEqual([expect.stringMatching(/^x-request-id: .+ for mine$/)]);
    expect(oracle.faultsOf({ ...request, method: 'OPTIONS' }, answer)).toEqual(['OPTIONS is not answered']);
  });
});

describe('the reader of answers', () => {
  const read = (text: string): Answer | undefined => new AnswerReader().read(Buffer.from(text));

  it.each(['SSH-2.0', 'HTTP/1.1 200\r\n', 'HTTP/1.1 200 OK\r\nnonsense', 'HTTP/1.1 200 OK\r\na: b'])(
    'takes no other text for an answer: %j',
    (text) => {
      expect(() => read(`${text}\r\n\r\n`)).toThrow(/^(No status line|No header|An answer of no length)/);
    },
  );

  it('reads an answer in pieces, in chunks, and behind an interim one', () => {
    const reader = new AnswerReader();
    const text =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    const answers = Array.from(text, (character) => reader.read(Buffer.from(character)));
    expect(answers.filter(Boolean)).toMatchObject([{ status: 200, text: '{}', json: {} }]);
    expect(reader.hasRest).toBe(false);
  });
});

describe('the requests of a seed', () => {
  const requests = (seed: number): string[] => {
    const stock = stockOfNothing();
    const random = new Random(seed).branch(1);
    const examples = new Examples(stock, random, 'f');
    return Array.from({ length: 400 }, () => {
      const { draft } = examples.of(random.pick(book.operations));
      mutate(draft, random, stock, { isHashingAllowed: true, isToBeGood: false });
      // Signatures are as new as the keys of strangers.
      return written(draft).toString('latin1');
    });
  };
  const withoutTokens = (texts: readonly string[]): string[] => texts.filter((text) => !/[\w-]{80,}/.test(text));

  it('are the same each time, and others than those of another seed', () => {
    expect(withoutTokens(requests(7)).length).toBeGreaterThan(200);
    expect(withoutTokens(requests(7))).toEqual(withoutTokens(requests(7)));
    expect(requests(8)).not.toEqual(requests(7));
  });

  it('are valid first: without a mutation every route is asked as its document says', () => {
    const stock = stockOfNothing();
    const random = new Random(1);
    const examples = new Examples(stock, random, 'f');
    for (const operation of book.operations) {
      const { draft } = examples.of(operation);
      mutate(draft, random, stock, { isHashingAllowed: true, isToBeGood: true });
      expect(draft.method).toBe(operation.method);
      expect(draft.target.split('?', 1)[0]).toMatch(operation.pattern);
      expect(draft.mutations).toEqual([] satisfies Draft['mutations']);
    }
  });
});

describe('a campaign', () => {
  let bad: Server;
  beforeAll(async () => {
    bad = createServer((_request, response) => response.writeHead(500).end('{}')).listen(0, '127.0.0.1');
    await once(bad, 'listening');
  });
  afterAll(() => bad.close());

  it('finds a server that fails, and soon has enough', async () => {
    const { port } = bad.address() as AddressInfo;
    const parts = { port, book, oracle, stock: stockOfNothing(), random: new Random(1), tend: () => {} };
    const campaign = new Campaign(parts);
    await campaign.run(100_000);
    expect(campaign.report.findings.length).toBeGreaterThanOrEqual(25);
    expect(campaign.report.requests).toBeLessThan(200);
    expect(campaign.report.findings[0]?.faults).toContain('status 500');
  });
});
