import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRIVERS } from '../drivers/index.js';
import { withCookie } from '../support/cookies.js';
import { send } from '../support/http.js';
import { bearerOf, OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;
let token: string;

beforeAll(async () => {
  service = await startService();
  token = await (await OAuthClient.of(service, 'introspect', 'revoke')).accessToken();
});
afterAll(() => service.stop());

describe('a service client’s access token', () => {
  it.each(DRIVERS)('is refused by the guard of $name, as a token from elsewhere', async (driver) => {
    const { method, path, ...sending } = driver.guarded(token);
    const answer = await send(method, `${service.url}/${driver.name}${path}`, sending);
    expect(whole(answer)).toEqual(driver.refusals.foreignToken);
  });

  const HEADERS: [string, (of: string) => Record<string, string>][] = [
    ['as Bearer', bearerOf],
    ['as it is', (of) => ({ authorization: of })],
    ['in the cookie', withCookie],
  ];
  it.each(HEADERS)('is refused by the native routes for accounts, %s', async (_how, headersOf) => {
    const routes = [
      ['GET', '/account'],
      ['GET', '/account/sessions'],
      ['DELETE', '/account/sessions'],
      ['GET', '/admin/users'],
    ] as const;
    for (const [method, path] of routes) {
      const answer = await send(method, service.url + path, { headers: headersOf(token) });
      expect([path, whole(answer)]).toEqual([
        path,
        {
          status: 401,
          body: {
            type: 'about:blank',
            title: 'The token is of the wrong type.',
            status: 401,
            code: 'token_type_wrong',
          },
        },
      ]);
    }
  });
});
