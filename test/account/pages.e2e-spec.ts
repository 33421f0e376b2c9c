import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthError } from '../../src/errors/auth-error.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { LIMITED } from '../support/networks.js';
import { CookieClient } from '../support/cookie.client.js';
import { type Answer, form, send } from '../support/http.js';
import { claim } from '../support/claims.js';
import { mailedUrl, mailsTo } from '../support/outbox.js';
import { multipart } from '../support/multipart.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { heading, page, resetUrl, setPassword, verifiedPerson } from '../support/reset.js';
import { DataSource } from 'typeorm';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
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
    expect(answer.text).toContain('<input type="text" inputmode="email" name="email" autocomplete="username"');
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

    for (const answer of answers) expect(heading(answer)).toEqual(page(200, 'Check your inbox'));
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

  it('is refused with a page in a browser also for its size, and while too much waits', async () => {
    const { email } = await verifiedPerson(service);
    const reset = await resetUrl(service, email);
    const asked = async (url: string, fields: Record<string, string>): Promise<unknown> => {
      const { headers, ...sent } = form(fields);
      return heading(await send('POST', url, { ...sent, headers: { ...headers, accept: BROWSER } }));
    };
    const huge = 'x'.repeat(2_000_000);
    for (const url of [`${service.url}/password-reset`, reset, `${service.url}/verify/${'a'.repeat(43)}`])
      expect(await asked(url, { email: huge, password: huge })).toEqual(page(413, 'The body is too large.'));
    const full = vi.spyOn(service.app.get(HashingPool), 'hash').mockRejectedValue(new AuthError('hashing_overloaded'));
    expect(await asked(reset, { password: 'battery staple 71' })).toEqual(
      page(503, 'Too many passwords are waiting to be checked.'),
    );
    full.mockRestore();
    expect(await asked(reset, { password: 'battery staple 71' })).toEqual(page(200, 'New password set'));
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

  it('names those of the contract that somebody registered through and never signed in to', async () => {
    const client = new CookieClient(`${service.url}/cookie`);
    const person = newPerson('Secret1234#');
    expect((await client.register(person)).status).toBe(201);
    await changeAccount(service, person, { emailVerifiedAt: new Date() });
    await service.app.get(AuditLog).flush();

    expect((await send('GET', await resetUrl(service, person.email))).text).toContain(
      '<li>cookie: at least 6 characters',
    );
  });

  it('names those of a contract whose session lives longer than the trail', async () => {
    const client = new CookieClient(`${service.url}/cookie`);
    const { person } = await client.newcomer();
    await changeAccount(service, person, { emailVerifiedAt: new Date() });
    await service.app.get(AuditLog).flush();
    await service.app.get(DataSource).getRepository(AuditEvent).clear();

    expect((await send('GET', await resetUrl(service, person.email))).text).toContain(
      '<li>cookie: at least 6 characters',
    );
  });

  it('names none where there are none', async () => {
    const { email } = await verifiedPerson(service);

    const { text } = await send('GET', await resetUrl(service, email));
    expect(text).toContain('If the site where you sign in has rules of its own, keep to those too.');
    expect(text).not.toContain('<li>');
  });
});

// Last: Passport keeps its strategies by process, those of the later service.
describe('the page of a contested link', () => {
  it('says to a browser when to try again, after too many wrong passwords', async () => {
    const limited = await startService(LIMITED);
    const { email } = newPerson();
    for (let n = 0; n < 2; n++) await claim(limited, 'basic', email);
    const url = await mailedUrl(limited, email);
    const { headers, ...sent } = form({ password: 'not the password' });
    const wrong = (): Promise<Answer> => send('POST', url, { ...sent, headers: { ...headers, accept: BROWSER } });
    for (let n = 0; n < 10; n++) expect((await wrong()).status).toBe(403);
    const answer = await wrong();
    await limited.stop();

    expect(heading(answer)).toEqual(page(429, 'Too many attempts.'));
    expect(answer.text).toMatch(/<p>Wait \d+ minutes, then go back and try again\.<\/p>/);
  });
});
