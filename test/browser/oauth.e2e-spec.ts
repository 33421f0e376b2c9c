import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServiceClientsService } from '../../src/tokens/service-clients.service.js';
import { PairClient } from '../support/pairs.js';
import { AT_FULL_SIZE, needing } from '../support/needs.js';
import { type Service, startService } from '../support/service.js';
import { launchChromium, NO_BROWSER, SwaggerUi } from '../support/swagger-ui.js';

describe('the OAuth routes at GET /docs in Chromium', AT_FULL_SIZE.skip ? AT_FULL_SIZE : needing(NO_BROWSER), () => {
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

  it('are tried out with the id and the secret of a client: a token, what it is worth, and a session’s end', async () => {
    const { id, secret } = await service.app.get(ServiceClientsService).create('demo', ['introspect', 'revoke']);
    const { pair } = await new PairClient(service.url).newcomer();
    ui = await SwaggerUi.open(browser, service.url, 'native');
    await ui.authorize('client', id, secret);

    const issued = await ui.tryForm('issueToken', {});
    expect(issued).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'introspect revoke' } });
    const { access_token: token } = issued.body as { access_token: string };
    expect(await ui.tryForm('introspectToken', { token })).toMatchObject({ status: 200, body: { client_id: id } });

    expect(await ui.tryForm('revokeToken', { token: pair.refresh })).toEqual({ status: 200, body: undefined });
    expect((await new PairClient(service.url).getUser(pair.access)).status).toBe(401);
    expect(ui.complaints).toEqual([]);
  });

  it('show their public documents', async () => {
    ui = await SwaggerUi.open(browser, service.url, 'native');
    expect(await ui.tryOut('showKeys')).toMatchObject({ status: 200, body: { keys: [{ use: 'sig' }] } });
    expect(await ui.tryOut('showMetadata')).toMatchObject({ status: 200, body: { issuer: 'http://latchkey.test' } });
    expect(ui.complaints).toEqual([]);
  });
});
