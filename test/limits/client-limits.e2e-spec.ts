import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byStatus } from '../support/guessing.js';
import { type Answer, form, send } from '../support/http.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import { basicOf, OAuthClient } from '../support/oauth.client.js';
import { documentOf, undocumented } from '../support/openapi.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ ...LIMITED, CLIENT_LIMIT: '5/15m' });
});
afterAll(() => service.stop());

function ask(route: string, ip: string, credentials: { id: string; secret: string }): Promise<Answer> {
  const { headers, body } = form({ token: 'x', grant_type: 'client_credentials' });
  return send(
    'POST',
    `${service.url}/oauth/${route}`,
    from(ip, { headers: { ...headers, ...basicOf(credentials) }, body }),
  );
}

const NOBODY = { id: 'svc_nobody', secret: 'nonsense' };
const TOO_MANY = {
  status: 429,
  body: { error: 'temporarily_unavailable', error_description: 'Too many attempts.' },
};

describe.each(['token', 'introspect', 'revoke'])('refused service clients at POST /oauth/%s', (route) => {
  it('have a budget per network, beyond which they are told when to come back', async () => {
    const ip = newNetwork();
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await ask(route, ip.replace(/\d+$/, String(n + 1)), NOBODY));
    expect(byStatus(answers)).toEqual({ 401: 5, 429: 1 });
    const refused = await ask(route, ip, NOBODY);
    expect(whole(refused)).toEqual(TOO_MANY);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const { document } = await documentOf(service, 'native');
    expect(undocumented(document, 'POST', `/oauth/${route}`, refused)).toEqual([]);

    expect((await ask(route, newNetwork(), NOBODY)).status).toBe(401);
    service.advance(15 * 60);
    expect((await ask(route, ip, NOBODY)).status).toBe(401);
  });

  it('cost a right client of their network nothing', async () => {
    const ip = newNetwork();
    for (let n = 0; n < 6; n++) await ask(route, ip, NOBODY);
    const { credentials } = await OAuthClient.of(service, 'introspect', 'revoke');
    expect((await ask(route, ip, credentials)).status).toBe(200);
  });
});
