import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, type Holder } from '../support/account.client.js';
import { listed, preflight, readers } from '../support/cors.js';
import { type Answer, send } from '../support/http.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const FRONT_END = 'https://app.example';
const STRANGER = 'https://evil.example';
const CROSS_SITE = problem('cross_site_request');

const CHANGING = [
  ['DELETE', '/account'],
  ['DELETE', '/account/sessions'],
  ['DELETE', '/account/sessions/current'],
  ['POST', '/account/password'],
  ['POST', '/account/pin/verify'],
  ['DELETE', '/account/pin'],
] as const;

const READING = [
  ['GET', '/account'],
  ['GET', '/account/sessions'],
] as const;

/** The headers of a browser that asks for a page of another site. */
const FOREIGN: Holder['headers'][] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: STRANGER },
  { origin: 'null' },
  { origin: STRANGER, 'sec-fetch-site': 'cross-site' },
];

/** The headers of one that asks for a page of the own site or of an allowed one, or of no browser. */
const OWN: Holder['headers'][] = [
  {},
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  { origin: 'http://latchkey.test' },
  { origin: FRONT_END, 'sec-fetch-site': 'cross-site' },
];

let service: Service;

beforeAll(async () => {
  service = await startService({ CORS_ORIGINS: FRONT_END });
});
afterAll(() => service.stop());

const newcomer = (driver: Driver): Promise<Holder> => new AccountClient(() => service, driver).newcomer();

describe('a request of another site with the cookie', () => {
  it.each(CHANGING)('%s %s is refused, before its body is looked at, and does nothing', async (method, path) => {
    const holder = await newcomer(cookie);
    for (const headers of FOREIGN) {
      expect(whole(await askAs(service, holder, method, path, { headers, body: '{"half' }))).toEqual(CROSS_SITE);
    }
    expect((await askAs(service, holder, 'GET', '/account')).status).toBe(200);
  });

  it.each(CHANGING)('%s %s is refused with a header that is no token, too', async (method, path) => {
    const holder = await newcomer(cookie);
    const headers = { origin: STRANGER, authorization: 'Basic am9objpkb2U=' };
    expect(whole(await askAs(service, holder, method, path, { headers }))).toEqual(CROSS_SITE);
  });

  it.each(READING)('%s %s may read, which changes nothing', async (method, path) => {
    const holder = await newcomer(cookie);
    const headers = { 'sec-fetch-site': 'cross-site', origin: STRANGER };
    const answer = await askAs(service, holder, method, path, { headers });
    expect(answer.status).toBe(200);
    expect(readers(answer)).toEqual({ origin: '*', credentials: undefined });
  });
});

describe('a request of the own site, or of an allowed one, with the cookie', () => {
  it.each(OWN)('passes with %j', async (headers) => {
    const holder = await newcomer(cookie);
    expect((await askAs(service, holder, 'DELETE', '/account/sessions', { headers })).status).toBe(204);
  });
});

describe('a request of any site with a token in its header', () => {
  it.each(DRIVERS)('passes with a token of $name', async (driver) => {
    const { token } = await newcomer(driver);
    const headers = { authorization: `Bearer ${token}`, origin: STRANGER, 'sec-fetch-site': 'cross-site' };
    const answer = await send('DELETE', `${service.url}/account/sessions`, { headers });
    expect(answer.status).toBe(204);
    expect(readers(answer)).toEqual({ origin: '*', credentials: undefined });
  });
});

describe('CORS', () => {
  const ask = (origin: string, method: string, path: string): Promise<Answer> =>
    preflight(service.url + path, origin, method);

  it.each([...READING, ...CHANGING])('lets any page ask %s %s, without its cookie', async (method, path) => {
    const answer = await ask(STRANGER, method, path);
    expect([answer.status, readers(answer)]).toEqual([204, { origin: '*', credentials: undefined }]);
    expect(listed(answer.headers['access-control-allow-methods'])).toContain(method.toLowerCase());
    expect(listed(answer.headers['access-control-allow-headers'])).toEqual(['authorization', 'content-type']);
  });

  it.each([...READING, ...CHANGING])(
    'lets the pages of CORS_ORIGINS ask %s %s with the cookie',
    async (method, path) => {
      const answer = await ask(FRONT_END, method, path);
      expect([answer.status, readers(answer)]).toEqual([204, { origin: FRONT_END, credentials: 'true' }]);
    },
  );

  it('keeps the answers to the two apart in caches, refusals too', async () => {
    const { headers } = await newcomer(bareToken);
    for (const origin of [FRONT_END, STRANGER])
      for (const authorization of [headers.authorization ?? '', 'nonsense']) {
        const answer = await send('GET', `${service.url}/account`, { headers: { authorization, origin } });
        expect(answer.headers.vary).toContain('Origin');
      }
  });
});
