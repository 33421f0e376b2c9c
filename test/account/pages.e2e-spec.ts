import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CookieClient } from '../support/cookie.client.js';
import { form, send } from '../support/http.js';
import { mailsTo } from '../support/outbox.js';
import { multipart } from '../support/multipart.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { heading, page, resetUrl, setPassword, verifiedPerson } from '../support/reset.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { changeAccount } from '../support/accounts.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('GET /', () => {
  it('answers a browser with the name, the version and where things are', async () => {
    const { status, text, headers } = await send('GET', `${service.url}/`, { headers: { accept: BROWSER } });

    expect([status, headers['content-type'], headers.vary]).toEqual([
      200,
      'text/html; charset=utf-8',
      'Origin, Accept',
    ]);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).toContain('<h1>Latchkey</h1>');
    expect(text).toContain(`Version ${version}:`);
    expect([...text.matchAll(/href="([^"]+)"/g)].map(([, address]) => address)).toEqual([
      '/docs',
      '/password-reset',
      '/.well-known/oauth-authorization-server',
      '/.well-known/jwks.json',
      '/health/ready',
    ]);
    for (const [, path] of text.matchAll(/href="http:\/\/latchkey\.test([^"]+)"/g))
      expect((await send('GET', service.url + (path ?? ''))).status).toBe(200);
  });

  it.each([undefined, '*/*', 'application/json', 'text/html;q=0, */*', 'text/plain'])(
    'answers a program that accepts %s as before',
    async (accept) => {
      const sending = accept === undefined ? {} : { headers: { accept } };
      expect(whole(await send('GET', `${service.url}/`, sending))).toEqual(problem('route_unknown'));
    },
  );
});

describe('GET /password-reset', () => {
  it('is a page with a form for the address, which loads nothing', async () => {
    const answer = await send('GET', `${service.url}/password-reset?utm_source=x`);

    expect(heading(answer)).toEqual(page(200, 'Forgotten password'));
    expect(answer.text).toContain('<form method="post">');
    expect(answer.text).toContain('<input type="email" name="email" autocomplete="username" required>');
    expect(answer.text).not.toMatch(/src=|action=|<link/);
    expect(answer.headers['content-security-policy']).toMatch(/script-src 'sha256-[\w+/=]+'; form-action 'self'$/);
  });
});

describe('POST /password-reset by a form', () => {
  it('mails a link, and answers alike whether there is such an account or not', async () => {
    const { email } = await verifiedPerson(service);
    const answers = await Promise.all([
      send('POST', `${service.url}/password-reset`, form({ email })),
      send('POST', `${service.url}/password-reset`, form({ email: newPerson().email, further: 'x' })),
      send('POST', `${service.url}/password-reset`, multipart({ email: 'no address' })),
    ]);

    for (const answer of answers) expect(heading(answer)).toEqual(page(200, 'Look into your mailbox'));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await mailsTo(service, email)).map(({ subject }) => subject)).toEqual(['Set a new password']);
  });

  it('is refused with a page in a browser', async () => {
    const { headers, ...sent } = form({ mail: 'x' });
    for (const path of ['/password-reset', `/password-reset/${'a'.repeat(43)}`]) {
      const answer = await send('POST', service.url + path, { ...sent, headers: { ...headers, accept: BROWSER } });
      expect(heading(answer)).toEqual(page(400, 'A field is missing or invalid.'));
      expect(answer.text).toContain('<p>Go back, look at what you sent, and try again.</p>');
    }
  });

  it('refuses a form without an address, and answers programs as before', async () => {
    const path = `${service.url}/password-reset`;
    expect(whole(await send('POST', path, form({ mail: 'x' })))).toEqual(invalidFields(['email', 'Must be a text.']));
    expect(whole(await send('POST', path, { body: { email: 'a@b.example' } }))).toEqual({
      status: 202,
      body: undefined,
    });
  });
});

describe('the page of a link to a new password', () => {
  it('names the rules of the contracts that the account was used through, and demands none of them', async () => {
    const client = new CookieClient(`${service.url}/cookie`);
    const { person } = await client.newcomer();
    await changeAccount(service, person, { emailVerifiedAt: new Date() });
    await service.app.get(AuditLog).flush();
    const url = await resetUrl(service, person.email);

    const rule =
      '<li>cookie: at least 6 characters, with an upper-case letter, a digit, and a character that is neither letter nor digit</li>';
    for (const { text } of [await send('GET', url), await setPassword(url, 'short')]) {
      expect(text).toContain(rule);
      expect(text).not.toContain('<li>opaque-token');
    }
    expect(heading(await setPassword(url, 'battery staple'))).toEqual(page(200, 'New password set'));
  });

  it('names none where there are none', async () => {
    const { email } = await verifiedPerson(service);

    const { text } = await send('GET', await resetUrl(service, email));
    expect(text).toContain('If the site where you sign in has rules of its own, keep to those too.');
    expect(text).not.toContain('<li>');
  });
});
