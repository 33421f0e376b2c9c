import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionActivity } from '../../src/auth/sessions/session-activity.js';
import { cookie } from '../drivers/cookie.driver.js';
import { AccountClient, askAs } from '../support/account.client.js';
import { send } from '../support/http.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ COOKIE_TOKEN_TTL: '10m' });
});
afterAll(() => service.stop());

describe('GET /account/sessions', () => {
  it('lists no session whose only token has expired, though that might have been renewed', async () => {
    const client = new AccountClient(() => service, cookie);
    const { person, headers } = await client.newcomer();
    const kept = await client.signIn(person);
    const sessions = async (holder: { headers: typeof headers }): Promise<unknown> =>
      (await askAs(service, holder, 'GET', '/account/sessions')).json;
    expect(await sessions(kept)).toMatchObject({ sessions: [{ current: true }, { current: false }] });

    service.advance(9 * 60);
    const renewed = await send('POST', `${service.url}/protected/refresh_token`, { headers: kept.headers });
    await service.app.get(SessionActivity).flush();
    service.advance(4 * 60);

    const fresh = { headers: { cookie: `token=${cookie.credential(renewed)}` } };
    expect(await sessions(fresh)).toMatchObject({ sessions: [{ current: true }] });
    expect((await askAs(service, { headers }, 'GET', '/account')).status).toBe(401);
  });
});
