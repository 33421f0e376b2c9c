import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { AuthError } from '../../src/errors/auth-error.js';
import { accountOf, changeAccount, deactivate } from '../support/accounts.js';
import { form, send, type Sending } from '../support/http.js';
import { multipart } from '../support/multipart.js';
import { linkIn, mailsTo } from '../support/outbox.js';
import type { Person } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { canSignIn, heading, NEW_PASSWORD, page, resetUrl, setPassword, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { whole, withoutScript } from '../support/whole.js';

const MINUTE = 60;

const QUESTION = page(200, 'Set a new password');
const REFUSED = page(400, 'Set a new password');
const DONE = page(200, 'New password set');
const DEAD = page(410, 'This link does not work any more');

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Somebody with a verified address, and the link that was mailed. */
async function forgetful(): Promise<{ person: Person; url: string }> {
  const person = await verifiedPerson(service);
  return { person, url: await resetUrl(service, person.email) };
}

const look = async (url: string): Promise<object> => heading(await send('GET', url));
const set = async (url: string, password?: string): Promise<object> => heading(await setPassword(url, password));

describe('the mail with the link to a new password', () => {
  it('is plain ASCII, with the link alone on a line, and says how long it works', async () => {
    const { person } = await forgetful();

    const [mail] = await mailsTo(service, person.email);

    expect(mail).toMatchObject({ to: [{ name: '', address: person.email }], subject: 'Set a new password' });
    expect(mail?.text).toMatch(/^[\n\x20-\x7e]+$/);
    expect(mail?.text).toContain('The link works once, within one hour.');
    expect(linkIn(mail!)).toMatch(/^http:\/\/latchkey\.test\/password-reset\/[\w-]{43}$/);
  });
});

describe('GET /password-reset/:token', () => {
  it('answers a page with a form that needs no script and names the account for password stores', async () => {
    const { person, url } = await forgetful();

    const answer = await send('GET', url);

    expect(heading(answer)).toEqual(QUESTION);
    expect(answer.text).toContain('<form method="post">');
    expect(answer.text).toContain(
      `<input type="email" name="email" value="${person.email}" autocomplete="username" readonly>`,
    );
    expect(answer.text).toContain(
      '<input type="password" name="password" autocomplete="new-password" minlength="8" required>',
    );
    expect(answer.text).toContain('<button>Set the password</button>');
    expect(withoutScript(answer.text)).not.toMatch(
      /role="alert"|<script|javascript:|\son\w+=|<link|src=|href=|action=/i,
    );
  });

  it.each(['GET', 'HEAD'])('does not use the link up by %s, as a mail scanner asks', async (method) => {
    const { person, url } = await forgetful();

    for (let time = 0; time < 3; time++) expect((await send(method, url)).status).toBe(200);

    expect(await canSignIn(service, person, person.password)).toBe(true);
    expect(await set(url)).toEqual(DONE);
  });

  it.each(['GET', 'POST'])('answers %s of pages that tell no other site of the link', async (method) => {
    const { url } = await forgetful();
    const body = method === 'POST' ? form({ password: NEW_PASSWORD }) : {};

    for (const answer of [await send(method, url, body), await send(method, `${service.url}/password-reset/x`, body)])
      expect(answer.headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
        'content-security-policy':
          "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src 'unsafe-inline'; script-src 'sha256-lBwRHYo/zPO98bbfzoxSyciiVOq1/P/Jdz1TmWAnL9Y='; form-action 'self'",
      });
  });

  it('escapes the address, in the attribute too', async () => {
    const person = await verifiedPerson(service);
    const email = `o'b&lt${person.email}`;
    await changeAccount(service, person, { email, emailKey: email });
    const escaped = `value="${email.replace("'", '&#39;').replace('&lt', '&#38;lt')}"`;
    const url = await resetUrl(service, email);

    expect((await send('GET', url)).text).toContain(escaped);
    expect((await setPassword(url, 'short')).text).toContain(escaped);
  });

  it.each(['x', 'A'.repeat(43), 'A'.repeat(10_000), '%3Cscript%3E'])(
    'answers 410 in its own words to a link that never existed',
    async (token) => {
      for (const answer of [
        await send('GET', `${service.url}/password-reset/${token}`),
        await setPassword(`${service.url}/password-reset/${token}`),
      ]) {
        expect(heading(answer)).toEqual(DEAD);
        expect(answer.text).toContain('There is no such link, or none any more');
        expect(answer.text).not.toContain('<script>');
      }
    },
  );

  it('does not open by a link that verifies an address, nor the other way round', async () => {
    const { url } = await forgetful();
    const token = new URL(url).pathname.split('/').at(-1)!;

    expect(heading(await send('POST', `${service.url}/verify/${token}`))).toEqual(DEAD);
    expect(await look(url)).toEqual(QUESTION);
  });
});

describe('POST /password-reset/:token', () => {
  it.each<[string, Sending]>([
    ['the form of the page', form({ email: 'x', password: NEW_PASSWORD })],
    ['a multipart form', multipart({ password: NEW_PASSWORD })],
    ['JSON', { body: { password: NEW_PASSWORD } }],
  ])('sets the password by %s', async (_what, sending) => {
    const { person, url } = await forgetful();

    const answer = await send('POST', url, sending);

    expect(heading(answer)).toEqual(DONE);
    expect(answer.text).toContain('You were signed out everywhere.');
    expect(await canSignIn(service, person, NEW_PASSWORD)).toBe(true);
    expect(await canSignIn(service, person, person.password)).toBe(false);
  });

  it('uses the link up', async () => {
    const { person, url } = await forgetful();

    expect(await set(url)).toEqual(DONE);
    expect(await set(url, 'another password')).toEqual(DEAD);
    expect(await look(url)).toEqual(DEAD);
    expect(await canSignIn(service, person, NEW_PASSWORD)).toBe(true);
  });

  it('lets one of 10 win that use a link at once', async () => {
    const { person, url } = await forgetful();
    const passwords = Array.from({ length: 10 }, (_, index) => `battery staple no. ${index}`);

    const answers = await Promise.all(passwords.map((password) => set(url, password)));

    expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(DONE))).toHaveLength(1);
    expect(answers.filter((answer) => JSON.stringify(answer) === JSON.stringify(DEAD))).toHaveLength(9);
    const winner = passwords[answers.findIndex((answer) => JSON.stringify(answer) === JSON.stringify(DONE))];
    expect(await canSignIn(service, person, winner!)).toBe(true);
  });

  it.each([
    ['59 minutes', 59, QUESTION, DONE],
    ['61 minutes', 61, DEAD, DEAD],
  ])('answers a link that is %s old', async (_what, minutes, looked, posted) => {
    const { url } = await forgetful();
    service.advance(minutes * MINUTE);

    expect(await look(url)).toEqual(looked);
    expect(await set(url)).toEqual(posted);
  });

  it.each([
    ['is empty', ''],
    ['is short', '7 chars'],
    ['is a common one', 'password123'],
    ['is too long', 'x'.repeat(1025)],
    ['holds a NUL', 'battery\0staple'],
  ])('answers a password that %s with the form again, and the link stays good', async (_what, password) => {
    const { person, url } = await forgetful();

    const answer = await setPassword(url, password);

    expect(heading(answer)).toEqual(REFUSED);
    expect(answer.text).toContain('<p role="alert">This password is not acceptable: it needs at least 8 characters');
    expect(answer.text).toContain(`value="${person.email}"`);
    expect(answer.text).toContain('type="password" name="password" autocomplete="new-password"');
    expect(await canSignIn(service, person, person.password)).toBe(true);
    expect(await set(url)).toEqual(DONE);
  });

  it.each<[string, Sending, object]>([
    ['no body', {}, problem('body_malformed')],
    ['a list', { body: '["x"]' }, problem('body_not_object')],
    ['JSON without a password', { body: {} }, invalidFields(['password', 'Must be a text.'])],
    ['a password that is no text', { body: { password: 12345678 } }, invalidFields(['password', 'Must be a text.'])],
    ['a form without a password', form({ email: 'x' }), invalidFields(['password', 'Must be a text.'])],
  ])('answers %s with a problem, and the link stays good', async (_what, sending, refusal) => {
    const { url } = await forgetful();

    expect(whole(await send('POST', url, sending))).toEqual(refusal);
    expect(await look(url)).toEqual(QUESTION);
  });

  it('answers 503 when too many passwords wait to be hashed, and the link stays good', async () => {
    const { url } = await forgetful();
    const pool = service.app.get(HashingPool);
    Object.defineProperty(pool, 'hash', {
      configurable: true,
      value: () => Promise.reject(new AuthError('hashing_overloaded', { retryAfterSeconds: 2 })),
    });

    const answer = await setPassword(url);
    Reflect.deleteProperty(pool, 'hash');

    expect(whole(answer)).toEqual(problem('hashing_overloaded'));
    expect(answer.headers['retry-after']).toBe('2');
    expect(await set(url)).toEqual(DONE);
  });

  it('hashes nothing for a dead link', async () => {
    const { url } = await forgetful();
    await set(url);
    const hashes: unknown[] = [];
    const pool = service.app.get(HashingPool);
    Object.defineProperty(pool, 'hash', {
      configurable: true,
      value: (...given: unknown[]) => hashes.push(given),
    });

    expect(await set(url)).toEqual(DEAD);

    Reflect.deleteProperty(pool, 'hash');
    expect(hashes).toEqual([]);
  });

  it.each<[string, (person: Person) => Promise<unknown>]>([
    ['was deactivated', (person) => deactivate(service, person)],
    ['has another address', ({ username }) => changeAddress(username)],
  ])('is refused for an account that meanwhile %s', async (_what, change) => {
    const { person, url } = await forgetful();
    await change(person);
    const before = await accountOf(service, person);

    expect(await look(url)).toEqual(DEAD);
    expect(await set(url)).toEqual(DEAD);
    expect(await accountOf(service, person)).toEqual(before);
  });

  it('ends all links of the account', async () => {
    const { person, url } = await forgetful();
    service.advance(6 * MINUTE);
    const second = await resetUrl(service, person.email);
    expect(await look(url)).toEqual(QUESTION);

    expect(await set(second)).toEqual(DONE);

    expect(await look(url)).toEqual(DEAD);
    expect(await set(url)).toEqual(DEAD);
  });

  const changeAddress = (username: string): Promise<void> => {
    const email = `other.${username}@example.com`;
    return changeAccount(service, { username }, { email, emailKey: email });
  };
});

describe('a new password by a link', () => {
  it('is told to the address', async () => {
    const { person, url } = await forgetful();
    await set(url);

    const [, notice, ...others] = await mailsTo(service, person.email);

    expect(notice).toMatchObject({
      subject: 'Your password was changed',
      text: 'The password of your account was changed.\nIf that was you, there is nothing to do.\nIf it was not you, tell the operator of the service at once.\n',
    });
    expect(others).toEqual([]);
  });

  it('leaves the secret of the link in no line of the log but the one that prints its mail', async () => {
    const { url } = await forgetful();
    await send('GET', url);
    await set(url, 'short');
    await set(url);

    const lines = service.log.filter((line) => JSON.stringify(line).includes(url.split('/').at(-1)!));

    expect(lines).toMatchObject([{ link: `http://latchkey.test${new URL(url).pathname}` }]);
  });
});
