import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import { AccountClient, askAs, type Holder } from '../support/account.client.js';
import { changeAccount } from '../support/accounts.js';
import { CookieClient } from '../support/cookie.client.js';
import type { Sending } from '../support/http.js';
import { documentOf, operationsOf, undocumented } from '../support/openapi.js';
import { type Service, startService } from '../support/service.js';

const NOBODY = { headers: {} };
const ANY_ID = '/account/sessions/0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57';
const FOREIGN = { 'sec-fetch-site': 'cross-site' };

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('the document of the account API', () => {
  it('tells what is really answered', async () => {
    const { document } = await documentOf(service, 'native');
    const check = async (
      who: Pick<Holder, 'headers'>,
      method: string,
      path: string,
      sending?: Sending,
    ): Promise<number> => {
      const answer = await askAs(service, who, method, path, sending);
      const pattern = (path.split('?')[0] as string).replace(/(sessions)\/.+/, '$1/{id}');
      expect(undocumented(document, method, pattern, answer)).toEqual([]);
      return answer.status;
    };
    const client = new AccountClient(() => service, cookie);
    const { person, token } = await new CookieClient(service.url).newcomer();
    await new CookieClient(service.url).setPin(token, { pin: 'PIN2' });
    await changeAccount(service, person, { isAdmin: true });
    const mine = await client.signIn(person, {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0',
    });
    const { password } = person;

    expect(await check(mine, 'GET', '/account')).toBe(200);
    expect(await check(mine, 'GET', '/account/sessions?limit=1')).toBe(200);
    expect(await check(await new AccountClient(() => service, bareToken).newcomer(), 'GET', '/account')).toBe(200);
    expect(await check(mine, 'GET', '/account/sessions?limit=0&cursor=x')).toBe(400);
    expect(await check(mine, 'DELETE', ANY_ID)).toBe(404);
    expect(await check(mine, 'DELETE', '/account/sessions')).toBe(204);
    for (const [method, path] of [
      ['GET', '/account'],
      ['GET', '/account/sessions'],
      ['DELETE', '/account/sessions'],
      ['DELETE', ANY_ID],
      ['POST', '/account/password'],
      ['POST', '/account/pin/verify'],
      ['DELETE', '/account/pin'],
      ['DELETE', '/account'],
    ] as const) {
      expect(await check(NOBODY, method, path)).toBe(401);
      if (method !== 'GET') expect(await check(mine, method, path, { headers: FOREIGN })).toBe(403);
    }

    expect(await check(mine, 'POST', '/account/password', { body: {} })).toBe(400);
    const change = (old_password: string, new_password: string): Promise<number> =>
      check(mine, 'POST', '/account/password', { body: { old_password, new_password } });
    expect(await change('NotMyPassword1', 'Vole0Quartz9Plinth')).toBe(403);
    expect(await change(password, 'short')).toBe(400);
    expect(await change(password, 'Vole0Quartz9Plinth')).toBe(204);

    const pin = (pinGiven: unknown): Sending => ({ body: { pin: pinGiven } });
    expect(await check(mine, 'DELETE', '/account/pin')).toBe(403);
    expect(await check(mine, 'DELETE', '/account', { body: { password } })).toBe(403);
    expect(await check(mine, 'POST', '/account/pin/verify', pin(1))).toBe(400);
    expect(await check(mine, 'POST', '/account/pin/verify', pin('PIN3'))).toBe(403);
    expect(await check(mine, 'POST', '/account/pin/verify', pin('PIN2'))).toBe(204);
    expect(await check(mine, 'DELETE', '/account', { body: [] })).toBe(400);
    expect(await check(mine, 'DELETE', '/account', { body: { password: 'Vole0Quartz9Plinth' } })).toBe(409);
    for (let tries = 0; tries < 5; tries++) await check(mine, 'POST', '/account/pin/verify', pin('PIN3'));
    expect(await check(mine, 'POST', '/account/pin/verify', pin('PIN2'))).toBe(429);
    expect(await check(mine, 'DELETE', '/account/sessions/current')).toBe(204);
  });

  it('says of every operation that a token as Bearer or the cookie authorizes it', async () => {
    const { document } = await documentOf(service, 'native');
    const operations = operationsOf(document).filter(({ path }) => /^\/account(\/|$)/.test(path));
    expect(operations.length).toBeGreaterThanOrEqual(8);
    for (const { operation } of operations) {
      expect(operation.tags).toEqual(['account']);
      expect(operation.security).toEqual(expect.arrayContaining([{ bearer: [] }, { cookie: [] }]));
      expect(operation.security).toHaveLength(2);
    }
  });
});
