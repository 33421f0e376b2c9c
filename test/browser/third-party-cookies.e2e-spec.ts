import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cookie } from '../drivers/cookie.driver.js';
import { CookieClient, UNAUTHENTICATED } from '../support/cookie.client.js';
import { type Asking, type ForeignPage, ForeignPages } from '../support/foreign-pages.js';
import { needing } from '../support/needs.js';
import type { Person } from '../support/people.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { launchChromium, NO_BROWSER } from '../support/swagger-ui.js';

const CROSS_SITE = { COOKIE_SECURE: 'true', COOKIE_SAMESITE: 'none' };
const HOSTS = ['one.localhost', 'two.localhost', '127.0.0.1'];

describe('a front end of cookie in a Chromium that blocks third-party cookies', needing(NO_BROWSER), () => {
  let pages: ForeignPages;
  let browser: BrowserContext;
  let service: Service;
  let person: Person;

  beforeAll(async () => {
    const blocking = launchChromium('--test-third-party-cookie-phaseout');
    [pages, browser] = await Promise.all([ForeignPages.start(), blocking]);
  });
  afterEach(async () => {
    await browser.clearCookies();
    await service.stop();
  });
  afterAll(async () => {
    await browser.browser()?.close();
    pages.stop();
  });

  /** Starts a service with all front ends in `CORS_ORIGINS`, where somebody has an account. */
  async function serve(env: Environment): Promise<void> {
    service = await startService({ ...env, CORS_ORIGINS: HOSTS.map((host) => pages.origin(host)).join() });
    ({ person } = await new CookieClient(service.url).newcomer());
  }

  async function ask(page: ForeignPage, method: string, path: string, rest: Partial<Asking> = {}): Promise<object> {
    const url = service.url + path;
    const { status, body } = (await page.ask('fetch', { method, url, withCredentials: true, ...rest })) ?? {};
    return { status, body };
  }

  const signIn = (page: ForeignPage): Promise<object> =>
    ask(page, 'POST', '/users/login', { body: cookie.signIn(person).body as object });

  it('on another site is not signed in by a cookie without a partition', async () => {
    await serve(CROSS_SITE);
    const page = await pages.open(browser, 'one.localhost');
    expect(await signIn(page)).toEqual(cookie.signedIn(person));
    expect(await ask(page, 'GET', '/protected/me')).toEqual(UNAUTHENTICATED);
  });

  it('on another site is signed in by a partitioned cookie, on each site for itself, until it signs out', async () => {
    await serve({ ...CROSS_SITE, COOKIE_PARTITIONED: 'on' });
    const [one, two] = [await pages.open(browser, 'one.localhost'), await pages.open(browser, 'two.localhost')];
    expect(await signIn(one)).toEqual(cookie.signedIn(person));
    expect(await ask(two, 'GET', '/protected/me')).toEqual(UNAUTHENTICATED);
    expect(await signIn(two)).toEqual(cookie.signedIn(person));
    expect(await ask(one, 'POST', '/protected/refresh_token')).toEqual(cookie.refreshed?.(person));
    expect(await browser.cookies()).toHaveLength(2);
    expect(await ask(one, 'POST', '/users/logout')).toEqual({ status: 204, body: null });
    expect(await browser.cookies()).toHaveLength(1);
    expect(await ask(one, 'GET', '/protected/me')).toEqual(UNAUTHENTICATED);
    expect(await ask(two, 'GET', '/protected/me')).toEqual(cookie.passed(person));
  });

  it('on another site is signed in by the token in the body', async () => {
    await serve({ COOKIE_TOKEN_IN_BODY: 'on' });
    const page = await pages.open(browser, 'one.localhost');
    const { body } = (await signIn(page)) as { body: { token: string } };
    const headers = { Authorization: `Bearer ${body.token}` };
    expect(await ask(page, 'GET', '/protected/me', { headers })).toEqual(cookie.passed(person));
    expect(await ask(page, 'POST', '/users/logout', { headers })).toEqual({ status: 204, body: null });
  });

  it('on the same site needs nothing but its origin in CORS_ORIGINS', async () => {
    await serve({});
    const page = await pages.open(browser, '127.0.0.1');
    expect(await signIn(page)).toEqual(cookie.signedIn(person));
    expect(await ask(page, 'GET', '/protected/me')).toEqual(cookie.passed(person));
  });
});
