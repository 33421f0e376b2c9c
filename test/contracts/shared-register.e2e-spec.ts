import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { postChunked } from '../support/chunked.js';
import { form, send, type Sending } from '../support/http.js';
import { multipart } from '../support/multipart.js';
import { newPerson } from '../support/people.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;
const URLENCODED = 'application/x-www-form-urlencoded';

/** A registration that succeeds, whole, in the words of either contract: never a mixture. */
const BARE_TOKEN = { status: 200, body: { authToken: JWT } };
const TOKEN_PAIR = { status: 201, body: { refresh: JWT, access: JWT } };

/** An empty registration in the words of either. */
const BARE_TOKEN_MISSING = { status: 400, body: { err: 'missing required field: "username"' } };
const TOKEN_PAIR_MISSING = {
  status: 400,
  body: { username: ['this field is required'], password: ['this field is required'] },
};

/** The header Auth-Contract with any other value. */
const UNKNOWN_CONTRACT = { status: 400, body: { err: 'unknown contract in header "Auth-Contract"' } };

/** A fresh person's fields. */
const fields = (): { username: string; password: string } => {
  const { username, password } = newPerson();
  return { username, password };
};

/** JSON labelled as something else, or not at all. */
const labelled = (type?: string): Sending => ({
  body: JSON.stringify(fields()),
  headers: type === undefined ? {} : { 'content-type': type },
});

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

const register = async ({ headers = {}, body }: Sending, contract?: string, at = service): Promise<object> => {
  const named: Record<string, string> = contract === undefined ? {} : { 'auth-contract': contract };
  return whole(await send('POST', `${at.url}/auth/register`, { body, headers: { ...headers, ...named } }));
};

describe('POST /auth/register at the bare path', () => {
  describe('with the header Auth-Contract', () => {
    it('is bare-token if that says so, whatever the media type', async () => {
      expect(await register({ body: fields() }, 'bare-token')).toEqual(BARE_TOKEN);
      expect(await register(labelled(URLENCODED), 'bare-token')).toEqual(BARE_TOKEN);
      expect(await register(labelled('multipart/form-data; boundary=x'), 'bare-token')).toEqual(BARE_TOKEN);
      expect(await register(form(fields()), 'bare-token')).toEqual({
        status: 400,
        body: { err: 'invalid request body' },
      });
    });

    it('is token-pair if that says so, whatever the media type', async () => {
      expect(await register({ body: fields() }, 'token-pair')).toEqual(TOKEN_PAIR);
      expect(await register(form(fields()), 'token-pair')).toEqual(TOKEN_PAIR);
      expect(await register(multipart(fields()), 'token-pair')).toEqual(TOKEN_PAIR);
      expect(await register(labelled('text/plain'), 'token-pair')).toEqual({
        status: 415,
        body: { detail: 'Unsupported media type "text/plain" in request.' },
      });
    });

    it('is token-pair even if a body labelled urlencoded begins with a brace', async () => {
      const body = `{=x&${form(fields()).body as string}`;
      expect(await register({ body, headers: { 'content-type': URLENCODED } }, 'token-pair')).toEqual(TOKEN_PAIR);
    });

    it.each(['', 'basic', 'Token-Pair', 'bare-token, token-pair', 'token-pair x'])(
      'answers 400 in the shape of bare-token to the value %j, and creates nothing',
      async (contract) => {
        const body = fields();
        expect(await register({ body }, contract)).toEqual(UNKNOWN_CONTRACT);
        expect(await register(form(body), contract)).toEqual(UNKNOWN_CONTRACT);
        expect(await register({ body }, 'bare-token')).toEqual(BARE_TOKEN);
      },
    );
  });

  describe('without it', () => {
    it.each([
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'application/xml',
      'json',
      undefined,
    ])('is bare-token under the media type %s', async (type) => {
      expect(await register(labelled(type))).toEqual(BARE_TOKEN);
    });

    it.each([URLENCODED, `${URLENCODED}; charset=UTF-8`, URLENCODED.toUpperCase()])(
      'is token-pair under the media type %s',
      async (type) => {
        expect(await register({ ...form(fields()), headers: { 'content-type': type } })).toEqual(TOKEN_PAIR);
      },
    );

    it('is token-pair for multipart', async () => {
      expect(await register(multipart(fields()))).toEqual(TOKEN_PAIR);
    });

    it('is bare-token for a media type that only begins like a form', async () => {
      expect(await register(labelled(`${URLENCODED}-v2`))).toEqual(BARE_TOKEN);
    });

    it('is bare-token for JSON that is labelled urlencoded', async () => {
      expect(await register(labelled(URLENCODED))).toEqual(BARE_TOKEN);
      expect(await register({ body: '{', headers: { 'content-type': URLENCODED } })).toEqual({
        status: 400,
        body: { err: 'invalid request body' },
      });
    });

    it('is decided by the request and not by its query', async () => {
      const url = `${service.url}/auth/register?contract=token-pair`;
      expect(whole(await send('POST', url, { body: fields() }))).toEqual(BARE_TOKEN);
      expect(whole(await send('POST', url, form(fields())))).toEqual(TOKEN_PAIR);
    });

    it('is the contract of the label when there is no body', async () => {
      expect(await register({})).toEqual({ status: 400, body: { err: 'invalid request body' } });
      for (const body of [undefined, '']) {
        expect(await register({ body, headers: { 'content-type': URLENCODED } })).toEqual(TOKEN_PAIR_MISSING);
      }
    });

    it('refuses in the words of one contract', async () => {
      const taken = fields();
      await register({ body: taken });
      expect(await register({ body: taken })).toEqual({
        status: 409,
        body: { err: `username "${taken.username}" is taken` },
      });
      expect(await register(form(taken))).toEqual({ status: 409, body: { detail: 'User already exists' } });
      expect(await register({ body: {} })).toEqual(BARE_TOKEN_MISSING);
      expect(await register(form({}))).toEqual(TOKEN_PAIR_MISSING);
    });

    it('keeps apart requests that come at once', async () => {
      const sendings = Array.from({ length: 10 }, () => [{ body: fields() }, form(fields()), labelled(URLENCODED)]);
      const answers = await Promise.all(sendings.flat().map((sending) => register(sending)));
      expect(answers).toEqual(sendings.flatMap(() => [BARE_TOKEN, TOKEN_PAIR, BARE_TOKEN]));
    });
  });

  describe('with a body of unannounced length', () => {
    const chunked = (pieces: string[], type = URLENCODED, contract?: string): Promise<object> =>
      postChunked(
        `${service.url}/auth/register`,
        { 'content-type': type, ...(contract !== undefined && { 'auth-contract': contract }) },
        pieces,
      );

    it('is bare-token for JSON that is labelled urlencoded, in however many pieces', async () => {
      const text = JSON.stringify(fields());
      expect(await chunked([text])).toEqual(BARE_TOKEN);
      expect(await chunked(Array.from(JSON.stringify(fields())))).toEqual(BARE_TOKEN);
    });

    it('is token-pair for a form, in however many pieces', async () => {
      expect(await chunked([form(fields()).body as string])).toEqual(TOKEN_PAIR);
      expect(await chunked(Array.from(form(fields()).body as string))).toEqual(TOKEN_PAIR);
    });

    it('is token-pair for an empty form', async () => {
      expect(await chunked([])).toEqual(TOKEN_PAIR_MISSING);
    });

    it('is told by the other rules as any other', async () => {
      expect(await chunked([JSON.stringify(fields())], 'application/json')).toEqual(BARE_TOKEN);
      const { headers = {}, body } = multipart(fields());
      expect(await chunked([body as string], headers['content-type'])).toEqual(TOKEN_PAIR);
      expect(await chunked([JSON.stringify(fields())], 'application/json', 'token-pair')).toEqual(TOKEN_PAIR);
    });

    it('is refused over 100 kB in the words of its contract', async () => {
      const long = 'x'.repeat(60_000);
      expect(await chunked(['{"username":"', long, long])).toEqual({
        status: 413,
        body: { err: 'request body too large' },
      });
      expect(await chunked(['username=', long, long])).toEqual({
        status: 413,
        body: { detail: 'Request body exceeded the limit of 100000 bytes.' },
      });
    });
  });

  describe('in a deployment that has only one of them', () => {
    const startWith = async (env: Environment): Promise<Service> => {
      const other = await startService(env);
      onTestFinished(() => other.stop());
      return other;
    };

    it('is bare-token under REGISTER_CONTRACT=bare-token, unless the header says otherwise', async () => {
      const other = await startWith({ REGISTER_CONTRACT: 'bare-token' });
      const invalid = { status: 400, body: { err: 'invalid request body' } };
      expect(await register({ body: fields() }, undefined, other)).toEqual(BARE_TOKEN);
      expect(await register(labelled(URLENCODED), undefined, other)).toEqual(BARE_TOKEN);
      expect(await register(form(fields()), undefined, other)).toEqual(invalid);
      expect(await register(multipart(fields()), undefined, other)).toEqual(invalid);
      expect(await register(form(fields()), 'token-pair', other)).toEqual(TOKEN_PAIR);
    });

    it('is token-pair under REGISTER_CONTRACT=token-pair, unless the header says otherwise', async () => {
      const other = await startWith({ REGISTER_CONTRACT: 'token-pair' });
      expect(await register({ body: fields() }, undefined, other)).toEqual(TOKEN_PAIR);
      expect(await register(form(fields()), undefined, other)).toEqual(TOKEN_PAIR);
      expect(await register(multipart(fields()), undefined, other)).toEqual(TOKEN_PAIR);
      expect(await register(labelled(URLENCODED), undefined, other)).toEqual(TOKEN_PAIR_MISSING);
      expect(await register({ body: fields() }, 'bare-token', other)).toEqual(BARE_TOKEN);
      expect(await register({ body: fields() }, 'basic', other)).toEqual(UNKNOWN_CONTRACT);
    });
  });
});

describe("POST /auth/register below a contract's own base path", () => {
  it('is that contract, whatever the header, the media type or the configuration', async () => {
    const other = await startService({ REGISTER_CONTRACT: 'token-pair' });
    onTestFinished(() => other.stop());
    for (const { url } of [service, other]) {
      const bare = { ...labelled(URLENCODED), headers: { 'content-type': URLENCODED, 'auth-contract': 'token-pair' } };
      expect(whole(await send('POST', `${url}/bare-token/auth/register`, bare))).toEqual(BARE_TOKEN);
      const pair = { body: fields(), headers: { 'auth-contract': 'nonsense' } };
      expect(whole(await send('POST', `${url}/token-pair/auth/register`, pair))).toEqual(TOKEN_PAIR);
    }
  });
});

describe('other methods at /auth/register', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s answers 405 in the shape of bare-token', async (method) => {
    const headers = { 'auth-contract': 'token-pair' };
    for (const sending of [{}, { headers }]) {
      const answer = await send(method, `${service.url}/auth/register`, sending);
      expect(whole(answer)).toEqual({ status: 405, body: { err: 'method not allowed' } });
      expect(answer.headers.allow).toBe('POST');
    }
  });
});
