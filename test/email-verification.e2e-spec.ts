import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../src/auth/sessions/revocation.service.js';
import { UsersService } from '../src/users/users.service.js';
import { BareTokenClient } from './support/bare-token.client.js';
import { BasicClient, outcome, signedIn, UNVERIFIED } from './support/basic.client.js';
import { type Answer, form, send } from './support/http.js';
import { decode } from './support/jwt.js';
import { confirm, mailedUrl, timesOfLink } from './support/outbox.js';
import { newPerson, type Person } from './support/people.js';
import { everythingStored } from './support/stored.js';
import { type Service, startService } from './support/service.js';
import { atTime } from './support/statements.js';
import { TokenPairClient } from './support/token-pair.client.js';
import { withoutScript } from './support/whole.js';

const DAY = 24 * 60 * 60;

/** How long after one link no other is mailed. */
const QUIET = 5 * 60;

let service: Service;
let client: BasicClient;

beforeAll(async () => {
  service = await startService();
  client = new BasicClient(`${service.url}/basic`);
});

afterAll(() => service.stop());

/** What the heading of a page says, with the status of the answer. */
function heading({ status, text, headers }: Answer): object {
  return { status, type: headers['content-type'], says: /<h1>(.*)<\/h1>/.exec(text)?.[1] };
}

const page = (status: number, says: string): object => ({ status, type: 'text/html; charset=utf-8', says });
const QUESTION = page(200, 'Confirm your e-mail address');
const CONFIRMED = page(200, 'Address confirmed');
const DEAD = page(410, 'This link does not work any more');

const look = async (url: string): Promise<object> => heading(await send('GET', url));
const press = async (url: string): Promise<object> => heading(await send('POST', url));

/** Somebody who registered, with the link that was mailed. */
async function newcomer(person: Person = newPerson()): Promise<{ person: Person; url: string; accountId: number }> {
  const { json } = await client.register(person);
  const { sub } = decode((json as { access_token: string }).access_token).claims;
  return { person, url: await mailedUrl(service, person.email), accountId: Number(sub) };
}

/** Has another link mailed, which the five minutes' rule must allow by now. */
async function anotherUrl({ email }: Person): Promise<string> {
  await send('POST', `${service.url}/verify/resend`, { body: { email } });
  return mailedUrl(service, email);
}

describe('GET /verify/:token', () => {
  it('answers a page that names the address and confirms by its button, without script', async () => {
    const { person, url } = await newcomer();

    const answer = await send('GET', url);

    expect(heading(answer)).toEqual(QUESTION);
    expect(answer.text).toContain(`<strong>${person.email}</strong>`);
    expect(answer.text).toContain('<form method="post"><button>Yes, this is my address</button></form>');
    expect(answer.text).toContain('If that was not you, close this page');
    expect(withoutScript(answer.text)).not.toMatch(/<script|javascript:|\son\w+=|<link|src=|href=/i);
  });

  it.each(['GET', 'HEAD'])('does not use the link up by %s, as a mail scanner asks', async (method) => {
    const { person, url } = await newcomer();

    for (let time = 0; time < 3; time++) expect((await send(method, url)).status).toBe(200);

    expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
    expect(await press(url)).toEqual(CONFIRMED);
  });

  it.each(['GET', 'POST'])('answers %s of pages that tell no other site of the link', async (method) => {
    const { url } = await newcomer();

    for (const answer of [await send(method, url), await send('GET', `${service.url}/verify/unknown`)]) {
      expect(answer.headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy':
          "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; style-src 'unsafe-inline'; script-src 'sha256-lBwRHYo/zPO98bbfzoxSyciiVOq1/P/Jdz1TmWAnL9Y='; form-action 'self'",
      });
    }
  });

  it('escapes the address', async () => {
    const email = `o'b&lt${newPerson().username}@example.com`;
    const { url } = await newcomer({ ...newPerson(), email });
    const escaped = `<strong>${email.replace("'", '&#39;').replace('&lt', '&#38;lt')}</strong>`;

    expect((await send('GET', url)).text).toContain(escaped);
    expect((await send('POST', url)).text).toContain(escaped);
  });

  it.each(['GET', 'POST'])('answers 410 to %s with a link that never existed', async (method) => {
    for (const token of ['x', 'A'.repeat(43), 'A'.repeat(10_000), 'resend%20', '%3Cscript%3E']) {
      const answer = await send(method, `${service.url}/verify/${token}`);

      expect(heading(answer)).toEqual(DEAD);
      expect(answer.text).not.toContain('<script>');
    }
  });

  it('answers 405 to other methods', async () => {
    const answer = await send('DELETE', `${service.url}/verify/x`);

    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });
});

describe('POST /verify/:token', () => {
  it('confirms the address, as the form of the page does', async () => {
    const { person, url } = await newcomer();

    const answer = await send('POST', url, form({}));

    expect(heading(answer)).toEqual(CONFIRMED);
    expect(answer.text).toContain(`<strong>${person.email}</strong>`);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('uses the link up', async () => {
    const { person, url } = await newcomer();

    expect(await press(url)).toEqual(CONFIRMED);
    expect(await press(url)).toEqual(DEAD);
    expect(await look(url)).toEqual(DEAD);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('confirms once when 20 ask at the same time', async () => {
    const { url } = await newcomer();

    const answers = await Promise.all(Array.from({ length: 20 }, () => send('POST', url)));

    const byStatus = answers.sort((a, b) => a.status - b.status).map(heading);
    expect(byStatus).toEqual([CONFIRMED, ...Array<object>(19).fill(DEAD)]);
  });

  it('takes a link for 24 hours', async () => {
    const early = await newcomer();
    const { madeAt, endsAt } = await timesOfLink(service, early.person.email);
    expect(endsAt - madeAt).toBe(DAY * 1000);
    await atTime(service, endsAt - 1, async () => {
      expect(await look(early.url)).toEqual(QUESTION);
      expect(await press(early.url)).toEqual(CONFIRMED);
    });

    const late = await newcomer();
    await atTime(service, (await timesOfLink(service, late.person.email)).endsAt, async () => {
      expect(await look(late.url)).toEqual(DEAD);
      expect(await press(late.url)).toEqual(DEAD);
    });
    expect(outcome(await client.login(late.person))).toEqual(UNVERIFIED);
  });

  it('leaves earlier links good when another is mailed, and ends them all by confirming one', async () => {
    const { person, url: first } = await newcomer();
    service.advance(QUIET);
    const second = await anotherUrl(person);
    service.advance(QUIET);
    const third = await anotherUrl(person);
    expect(new Set([first, second, third]).size).toBe(3);
    for (const url of [first, second, third]) expect(await look(url)).toEqual(QUESTION);

    expect(await press(second)).toEqual(CONFIRMED);

    for (const url of [first, second, third]) {
      expect(await look(url)).toEqual(DEAD);
      expect(await press(url)).toEqual(DEAD);
    }
  });

  it('leaves the links of other accounts alone', async () => {
    const one = await newcomer();
    const other = await newcomer();

    await press(one.url);

    expect(await press(other.url)).toEqual(CONFIRMED);
  });

  it('does not confirm a deactivated account', async () => {
    const { url, accountId } = await newcomer();
    await service.app.get(RevocationService).deactivate(accountId);

    expect(await look(url)).toEqual(DEAD);
    expect(await press(url)).toEqual(DEAD);
  });

  it('is possible with a secret that is stored hashed only', async () => {
    const { url } = await newcomer();
    const token = url.split('/').at(-1)!;

    const stored = await everythingStored(service);

    expect(token).toMatch(/^[\w-]{43}$/);
    expect(stored.includes(createHash('sha256').update(token).digest('hex'))).toBe(true);
    expect(stored.includes(token)).toBe(false);
  });
});

describe('a confirmed e-mail address', () => {
  const bareToken = (): BareTokenClient => new BareTokenClient(`${service.url}/bare-token`);
  const tokenPair = (): TokenPairClient => new TokenPairClient(service.url, '/token-pair');

  it('is the username too, and opens bare-token and token-pair', async () => {
    const { person } = await newcomer();
    const credentials = { username: person.email.toUpperCase(), password: person.password };
    expect((await bareToken().login(credentials)).status).toBe(401);

    await confirm(service, person.email);

    expect((await bareToken().login(credentials)).status).toBe(200);
    expect((await tokenPair().token(credentials)).status).toBe(200);
  });

  it('is no username if another account has it for one, and still opens basic', async () => {
    const { person } = await newcomer();
    await tokenPair().register({ username: person.email, password: 'Another1234' });

    expect(heading(await confirm(service, person.email))).toEqual(CONFIRMED);

    const credentials = { username: person.email, password: person.password };
    expect((await tokenPair().token(credentials)).status).toBe(401);
    expect((await tokenPair().token({ ...credentials, password: 'Another1234' })).status).toBe(200);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it.each([
    [150, true],
    [151, false],
  ])('of %d characters fits a username: %s; it opens basic all the same', async (length, fits) => {
    const { username, password } = newPerson();
    const local = username.padEnd(64, 'x');
    const labels = `${'d'.repeat(63)}.`;
    const email = `${local}@${labels}${'e'.repeat(length - local.length - labels.length - '@.com'.length)}.com`;
    expect(email).toHaveLength(length);
    await newcomer({ username, email, password });
    await confirm(service, email);

    const user = await service.app.get(UsersService).findByName('email', email);
    expect(user?.username).toBe(fits ? email : null);
    expect(outcome(await client.login({ email, password }))).toEqual(signedIn(`Login for ${email} succesful`));
  });
});
