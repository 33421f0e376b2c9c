import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFINITIONS } from '../../src/definitions.js';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { send } from '../support/http.js';
import { mailedUrl } from '../support/outbox.js';
import { newPerson, type Person } from '../support/people.js';
import { AT_FULL_SIZE, needing } from '../support/needs.js';
import { type Service, startService } from '../support/service.js';
import { launchChromium, NO_BROWSER, SwaggerUi } from '../support/swagger-ui.js';

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;

describe('GET /docs in Chromium', needing(NO_BROWSER), () => {
  let service: Service;
  let browser: BrowserContext;
  let ui: SwaggerUi;

  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium()]);
  });
  afterEach(() => ui.page.close());
  afterAll(async () => {
    await browser.browser()?.close();
    await service.stop();
  });

  const open = async (definition?: string): Promise<SwaggerUi> =>
    (ui = await SwaggerUi.open(browser, service.url, definition));

  it('lists every definition, the first one preselected, and loads nothing from elsewhere', async () => {
    await open();
    expect(await ui.definitions).toEqual(DEFINITIONS.map(({ name }) => name));
    expect(await ui.title()).toBe('Latchkey: bare-token');
    for (const { name } of DEFINITIONS) {
      await ui.choose(name);
      expect(await ui.operations.count()).toBeGreaterThan(2);
    }
    expect([...ui.origins]).toEqual([service.url]);
    expect(ui.complaints).toEqual([]);
  });

  it('tries bare-token out: the token that register answers authorizes as it is', AT_FULL_SIZE, async () => {
    const { username, password } = newPerson();
    await open();
    const registered = await ui.tryOut('register', { username, password });
    expect(registered).toEqual({ status: 200, body: { authToken: JWT } });
    await ui.authorize('authToken', (registered.body as { authToken: string }).authToken);
    expect(await ui.tryOut('refresh')).toEqual({ status: 200, body: { authToken: JWT } });
    expect(ui.complaints).toEqual([]);
  });

  it(
    'tries token-pair out at either server: the access token that register answers authorizes',
    AT_FULL_SIZE,
    async () => {
      const { username, password } = newPerson();
      await open('token-pair');
      await ui.chooseServer('/');
      const registered = await ui.tryOut('register', { username, password }, { 'Auth-Contract': 'token-pair' });
      expect(registered).toEqual({ status: 201, body: { refresh: JWT, access: JWT } });
      await ui.authorize('access', (registered.body as { access: string }).access);
      await ui.chooseServer('/token-pair');
      expect(await ui.tryOut('getUser')).toEqual({ status: 200, body: { username } });
      expect(ui.complaints).toEqual([]);
    },
  );

  it(
    'tries cookie out: the browser keeps the cookie that login sets, and sends it by itself',
    AT_FULL_SIZE,
    async () => {
      const { username, email, password } = newPerson('Secret1234#');
      const me = { id: expect.any(Number) as number, username, is_admin: false };
      await open('cookie');
      const fields = { username, email, password1: password, password2: password };
      expect(await ui.tryOut('register', fields)).toEqual({ status: 201, body: me });
      expect(await ui.tryOut('login', { username, password1: password })).toEqual({ status: 200, body: me });
      expect(await ui.tryOut('me')).toEqual({ status: 200, body: me });
      expect(await ui.tryOut('setPin', { pin: 'PIN2' })).toEqual({ status: 200, body: { message: 'pin set' } });
      expect(ui.complaints).toEqual([]);
    },
  );

  it('tries opaque-token out: the token that login answers authorizes', AT_FULL_SIZE, async () => {
    const { username, password } = newPerson();
    await open('opaque-token');
    const changed = { old_password: password, new_password: `${password}5` };
    await ui.tryOut('register', { username, password });
    const signedIn = await ui.tryOut('login', { username, password });
    expect(signedIn).toEqual({ status: 200, body: { token: expect.stringMatching(/^[\w-]{43}$/) as string } });
    await ui.authorize('token', (signedIn.body as { token: string }).token);
    expect(await ui.tryOut('changePassword', changed)).toEqual({ status: 200, body: undefined });
    expect(ui.complaints).toEqual([]);
  });

  it('tries basic out: register, confirm by the button of the mailed page, log in, refresh', AT_FULL_SIZE, async () => {
    const person = newPerson();
    await open('basic');
    await ui.tryOut('register', { email: person.email, password: person.password });
    await confirmInBrowser(person);
    await ui.authorize('basic', person.email, person.password);
    const signedIn = await ui.tryOut('login');
    expect(signedIn).toEqual({
      status: 200,
      body: {
        message: `Login for ${person.email} succesful`,
        access_token: JWT,
        refresh_token: JWT,
        statusCode: 200,
      },
    });
    await ui.authorize('refresh', (signedIn.body as { refresh_token: string }).refresh_token);
    expect(await ui.tryOut('refresh')).toEqual({
      status: 200,
      body: { message: 'Success', access_token: JWT, email: person.email, statusCode: 200 },
    });
    expect(ui.complaints).toEqual([]);
  });

  it('tries native out as a person: the token of any contract authorizes', AT_FULL_SIZE, async () => {
    const { username, email, password } = newPerson('Secret1234#');
    const body = { username, email, password1: password, password2: password };
    await send('POST', `${service.url}/cookie/users/register`, { body });
    const { json } = await send('POST', `${service.url}/bare-token/auth/login`, { body: { username, password } });
    await open('native');
    await ui.authorize('bearer', (json as { authToken: string }).authToken);
    const mine = { username, email, session: { contract: 'bare-token' } };
    expect(await ui.tryOut('showAccount')).toMatchObject({ status: 200, body: mine });
    expect(await ui.tryOut('listSessions')).toMatchObject({ status: 200, body: { sessions: [{ current: true }] } });
    expect(ui.complaints).toEqual([]);
  });

  it('tries native out as a service: client credentials give a token, which may introspect', AT_FULL_SIZE, async () => {
    const client = await service.app.get(ServiceClientsService).create('demo', ['introspect']);
    const { username, password } = newPerson();
    const { json } = await send('POST', `${service.url}/bare-token/auth/register`, { body: { username, password } });
    const { authToken: token } = json as { authToken: string };
    await open('native');
    await ui.authorizeClient(client.id, client.secret, 'introspect');
    const worth = { active: true, client_id: 'bare-token', token_type: 'Bearer' };
    expect(await ui.tryForm('introspectToken', { token })).toMatchObject({ status: 200, body: worth });
    expect(ui.complaints).toEqual([]);
  });

  async function confirmInBrowser({ email }: Person): Promise<void> {
    const page = await browser.newPage();
    await page.goto(await mailedUrl(service, email));
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Address confirmed' }).waitFor();
    await page.close();
  }
});
