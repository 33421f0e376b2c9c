import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { AccessTokenIssuer } from '../../src/tokens/access-token-issuer.js';
import type { Driver } from '../drivers/driver.js';
import { basic } from '../drivers/basic.driver.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import { DRIVERS } from '../drivers/index.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { AccountClient, askAs, type Holder } from '../support/account.client.js';
import { changeAccount, deactivate } from '../support/accounts.js';
import { CookieClient } from '../support/cookie.client.js';
import { withCookie } from '../support/cookies.js';
import { type Answer, send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import type { Person } from '../support/people.js';
import { problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { SPOILT } from '../support/spoilt-tokens.js';
import { whole } from '../support/whole.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const clientOf = (driver: Driver): AccountClient => new AccountClient(() => service, driver);
const show = (headers: Holder['headers']): Promise<Answer> => send('GET', `${service.url}/account`, { headers });
const shown = async (headers: Holder['headers']): Promise<object> => whole(await show(headers));

/** What an account of a contract has for names. */
const NAMES: Readonly<Record<string, (person: Person) => object>> = {
  'bare-token': ({ username }) => ({ username, email: null, email_verified: false }),
  'token-pair': ({ username }) => ({ username, email: null, email_verified: false }),
  cookie: ({ username, email }) => ({ username, email, email_verified: false }),
  'opaque-token': ({ username }) => ({ username, email: null, email_verified: false }),
  basic: ({ email }) => ({ username: email, email, email_verified: true }),
};

describe('GET /account', () => {
  it.each(DRIVERS)('answers whose token it is that $name gave', async (driver) => {
    const { person, headers } = await clientOf(driver).newcomer();
    await service.app.get(LastSignIns).flush();
    expect(await shown(headers)).toEqual({
      status: 200,
      body: {
        id: expect.any(Number) as number,
        ...NAMES[driver.name]?.(person),
        is_admin: false,
        has_pin: false,
        created_at: expect.stringMatching(TIME) as string,
        last_sign_in_at: expect.stringMatching(TIME) as string,
        session: { id: expect.stringMatching(UUID) as string, contract: driver.name },
      },
    });
  });

  it.each(DRIVERS.filter(({ name }) => name !== 'opaque-token'))(
    'names the session that is in the token of $name',
    async (driver) => {
      const { token, headers } = await clientOf(driver).newcomer();
      const { claims } = decode(token);
      expect((await show(headers)).json).toMatchObject({ id: Number(claims.sub), session: { id: claims.sid } });
    },
  );

  it('answers null for what an account does not have', async () => {
    const { person, headers } = await clientOf(bareToken).newcomer();
    await service.app.get(LastSignIns).flush();
    await changeAccount(service, person, { lastSignInAt: null });
    expect((await show(headers)).json).toMatchObject({ email: null, last_sign_in_at: null });
  });

  it('tells of the PIN that there is one, and of an administrator what the account is now', async () => {
    const { person, token } = await new CookieClient(service.url).newcomer();
    await new CookieClient(service.url).setPin(token, { pin: 'PIN2' });
    await changeAccount(service, person, { isAdmin: true });
    expect((await show(withCookie(token))).json).toMatchObject({ is_admin: true, has_pin: true });
  });

  it('takes a JWT of any contract as Bearer, raw and in the cookie; the header counts before the cookie', async () => {
    const [mine, other] = [await clientOf(cookie).newcomer(), await clientOf(bareToken).newcomer()];
    const ways: Holder['headers'][] = [
      { authorization: `Bearer ${mine.token}` },
      { authorization: `bearer   ${mine.token}` },
      { authorization: mine.token },
      { cookie: `token=${mine.token}` },
      { authorization: `Bearer ${mine.token}`, cookie: `token=${other.token}` },
      { authorization: 'Basic am9objpkb2U=', cookie: `token=${mine.token}` },
    ];
    for (const headers of ways) expect((await show(headers)).json).toMatchObject({ username: mine.person.username });
  });

  it('answers HEAD without a body', async () => {
    const { headers } = await clientOf(bareToken).newcomer();
    const { status, text } = await send('HEAD', `${service.url}/account`, { headers });
    expect([status, text]).toEqual([200, '']);
  });

  it('answers the next moment as the moment before', async () => {
    const { headers } = await clientOf(opaqueToken).newcomer();
    // The time of the sign-in is written a second later.
    await service.app.get(LastSignIns).flush();
    expect(await shown(headers)).toEqual(await shown(headers));
  });
});

/** Every route of the account API, but for changing the e-mail. */
const ROUTES = [
  ['GET', '/account'],
  ['DELETE', '/account'],
  ['GET', '/account/sessions'],
  ['DELETE', '/account/sessions'],
  ['DELETE', '/account/sessions/current'],
  ['POST', '/account/password'],
  ['POST', '/account/pin/verify'],
  ['DELETE', '/account/pin'],
] as const;

describe.each(ROUTES)('%s %s', (method, path) => {
  const asked = async (headers: Holder['headers']): Promise<object> =>
    whole(await send(method, service.url + path, { headers }));

  it('refuses a request without a token, and says how to present one', async () => {
    const answer = await send(method, service.url + path);
    expect(whole(answer)).toEqual(problem('token_missing'));
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    for (const headers of [{ authorization: '' }, { authorization: 'Bearer' }, { authorization: 'Basic am9objpkb2U=' }])
      expect([await asked(headers), headers]).toEqual([expect.objectContaining({ status: 401 }), headers]);
  });

  it.each(SPOILT)('refuses a token that is %s, in the header and in the cookie', async (_what, spoil) => {
    const { token } = await clientOf(cookie).newcomer();
    for (const headers of [{ authorization: `Bearer ${spoil(token)}` }, withCookie(spoil(token))])
      expect(['token_malformed', 'token_forged']).toContain(
        ((await send(method, service.url + path, { headers })).json as { code: string }).code,
      );
  });

  it('refuses an opaque token that was never given, and an overlong one', async () => {
    expect(await asked({ authorization: `Bearer ${'A'.repeat(43)}` })).toEqual(problem('token_forged'));
    expect(await asked({ authorization: `Bearer ${'A'.repeat(4000)}` })).toEqual(problem('token_malformed'));
  });

  it('refuses a refresh token', async () => {
    const { signedIn } = await clientOf(basic).newcomer();
    const { refresh_token } = signedIn.json as { refresh_token: string };
    expect(await asked({ authorization: `Bearer ${refresh_token}` })).toEqual(problem('token_type_wrong'));
  });

  it("refuses a service client's token", async () => {
    const token = await service.app.get(AccessTokenIssuer).issueForClient('svc_demo', 'introspect');
    expect(await asked({ authorization: `Bearer ${token}` })).toEqual(problem('token_type_wrong'));
  });

  it('refuses the token of an account that has not verified its address', async () => {
    const registered = await clientOf(basic).ask(basic.registration(basic.newPerson()));
    const { access_token } = registered.json as { access_token: string };
    expect(await asked({ authorization: `Bearer ${access_token}` })).toEqual(problem('token_unverified'));
  });

  it('refuses the tokens of an account that was deactivated', async () => {
    for (const driver of [bareToken, opaqueToken]) {
      const { person, headers } = await clientOf(driver).newcomer();
      await deactivate(service, person);
      expect(await asked(headers)).toEqual(problem('token_account_deactivated'));
    }
  });
});

describe('a token at the end of its life', () => {
  it.each(DRIVERS)('of $name is refused', async (driver) => {
    const { headers } = await clientOf(driver).newcomer();
    service.advance(31 * 86_400);
    expect(whole(await askAs(service, { headers }, 'GET', '/account'))).toEqual(problem('token_expired'));
  });
});
