import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookie } from '../drivers/cookie.driver.js';
import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient } from '../support/account.client.js';
import { UNAUTHENTICATED } from '../support/cookie.client.js';
import { type Asking, CLIENTS, type ForeignPage, ForeignPages, type Read } from '../support/foreign-pages.js';
import { needing } from '../support/needs.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { launchChromium, NO_BROWSER } from '../support/swagger-ui.js';

/** Headers that front ends send beside those of the contracts: their libraries', their tracing's, their own. */
const OF_FRONT_ENDS = {
  'X-Requested-With': 'XMLHttpRequest',
  'X-CSRFToken': 'a',
  'X-XSRF-TOKEN': 'a',
  'Cache-Control': 'no-cache',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'sentry-trace': '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1',
  baggage: 'sentry-environment=production',
  'X-App-Version': '1.2.3',
};

const INCLUDED = { withCredentials: true } as const;
const OMITTED = { withCredentials: false } as const;

/** The drivers of the contracts whose tokens are in a header or a body. */
const OPEN = DRIVERS.filter((driver) => driver !== cookie);

type Mode = Pick<Asking, 'withCredentials'>;
type Path = Omit<Asking, 'url'> & { readonly path: string };

const through = ({ name }: Driver, { method, path, headers, body }: Request): Path => ({
  method,
  path: `/${name}${path}`,
  headers,
  body,
});

const whole = (read: Read | null): object | null => read && { status: read.status, body: read.body };

describe('a page of another origin in Chromium', needing(NO_BROWSER), () => {
  let service: Service;
  let pages: ForeignPages;
  let browser: BrowserContext;
  let ours: ForeignPage;
  let strange: ForeignPage;

  beforeAll(async () => {
    [pages, browser] = await Promise.all([ForeignPages.start(), launchChromium()]);
    service = await startService({
      CORS_ORIGINS: pages.origin('ours.localhost'),
      COOKIE_SECURE: 'true',
      COOKIE_SAMESITE: 'none',
      COOKIE_PARTITIONED: 'on',
    });
    ours = await pages.open(browser, 'ours.localhost');
    strange = await pages.open(browser, 'strange.localhost');
  });
  afterAll(async () => {
    await browser.browser()?.close();
    pages.stop();
    await service.stop();
  });

  describe.each(CLIENTS)('with %s', (client) => {
    const ask = (page: ForeignPage, { path, headers, ...rest }: Path, mode: Mode): Promise<Read | null> =>
      page.ask(client, { ...rest, ...mode, url: service.url + path, headers: { ...OF_FRONT_ENDS, ...headers } });

    it.each(OPEN)('speaks $name, with headers of its own', async (driver) => {
      const { person, signedIn } = await new AccountClient(() => service, driver).newcomer();
      const guarded = through(driver, driver.guarded(driver.credential(signedIn)));
      for (const page of [ours, strange]) {
        const answer = await ask(page, through(driver, driver.signIn(person)), OMITTED);
        expect(whole(answer)).toEqual(driver.signedIn(person));
        expect(whole(await ask(page, guarded, OMITTED))).toEqual(driver.passed(person));
      }
    });

    it.each(OPEN)('speaks $name with credentials if CORS_ORIGINS has its origin', async (driver) => {
      const signIn = through(driver, driver.signIn(driver.newPerson()));
      expect(whole(await ask(ours, signIn, INCLUDED))).toEqual(driver.refusals.unknownAccount);
      expect(await ask(strange, signIn, INCLUDED)).toBeNull();
    });

    it('speaks cookie if CORS_ORIGINS has its origin, and is signed in by the cookie until it signs out', async () => {
      const person = newPerson('Secret1234#');
      const me = { method: 'GET', path: '/protected/me' };
      const account = { method: 'GET', path: '/account' };
      const [register, signIn] = [cookie.registration(person), cookie.signIn(person)].map((to) => through(cookie, to));

      expect(whole(await ask(ours, register as Path, INCLUDED))).toEqual(cookie.registered(person));
      expect(whole(await ask(ours, signIn as Path, INCLUDED))).toEqual(cookie.signedIn(person));
      expect(whole(await ask(ours, me, INCLUDED))).toEqual(cookie.passed(person));
      const { username } = person;
      expect(await ask(ours, account, INCLUDED)).toMatchObject({ status: 200, body: { username } });
      for (const request of [register as Path, signIn as Path, me])
        for (const mode of [INCLUDED, OMITTED]) expect(await ask(strange, request, mode)).toBeNull();
      expect(await ask(strange, account, INCLUDED)).toBeNull();
      const signedOut = await ask(ours, { method: 'POST', path: '/users/logout' }, INCLUDED);
      expect(whole(signedOut)).toEqual({ status: 204, body: null });
      expect(whole(await ask(ours, me, INCLUDED))).toEqual(UNAUTHENTICATED);
    });

    it.each([INCLUDED, OMITTED])('reads refusals and their headers, %j', async (mode) => {
      const tooLarge = { username: 'x'.repeat(3_000_000) };
      expect(await ask(ours, { method: 'PUT', path: '/auth/login' }, mode)).toMatchObject({
        status: 405,
        body: { err: 'method not allowed' },
        headers: { allow: 'POST', 'x-request-id': expect.any(String) as string },
      });
      expect(whole(await ask(ours, { method: 'GET', path: '/auth/%ZZ' }, mode))).toEqual({
        status: 400,
        body: { err: 'malformed request' },
      });
      expect(whole(await ask(ours, { method: 'GET', path: '/protected/nothing' }, mode))).toEqual({
        status: 404,
        body: { message: 'not found' },
      });
      expect(whole(await ask(ours, { method: 'POST', path: '/auth/login', body: tooLarge }, mode))).toEqual({
        status: 413,
        body: { err: 'request body too large' },
      });
    });

    it('names the contract of a registration at the path of two', async () => {
      const { username, password } = newPerson();
      const body = { username, password };
      const path = '/auth/register';
      const registering = { method: 'POST', path, body, headers: { 'Auth-Contract': 'token-pair' } };
      expect(whole(await ask(strange, registering, OMITTED))).toEqual({
        status: 201,
        body: { access: expect.any(String) as string, refresh: expect.any(String) as string },
      });
    });
  });
});
