import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountOf, changeAccount, deactivate } from './support/accounts.js';
import { BasicClient, outcome, signedIn, UNVERIFIED } from './support/basic.client.js';
import { CookieClient } from './support/cookie.client.js';
import { type Answer, form, send, type Sending } from './support/http.js';
import { OpaqueTokenClient } from './support/opaque-token.client.js';
import { confirm, linkIn, mailsTo, outboxOf, timesOfLink } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { type Environment, type Service, startService } from './support/service.js';
import { atTime } from './support/statements.js';

/** How long after one link no other is mailed, in seconds. */
const QUIET = 5 * 60;

let service: Service;
let client: BasicClient;

const start = (env?: Environment) => async (): Promise<void> => {
  service = await startService(env);
  client = new BasicClient(`${service.url}/basic`);
};

const resendBy = (sending: Sending): Promise<Answer> => send('POST', `${service.url}/verify/resend`, sending);
const resend = (email: string): Promise<Answer> => resendBy({ body: { email } });
const countOf = async (email: string): Promise<number> => (await mailsTo(service, email)).length;

describe('the mail with the link', () => {
  beforeAll(start({ MAIL_FROM: 'Latchkey, the service <no-reply@latchkey.test>' }));
  afterAll(() => service.stop());

  it('is plain ASCII, with the link alone on a line', async () => {
    const { person } = await client.newcomer();

    const [mail] = await mailsTo(service, person.email);

    expect(mail).toMatchObject({
      from: { name: 'Latchkey, the service', address: 'no-reply@latchkey.test' },
      to: [{ name: '', address: person.email }],
      subject: 'Confirm your e-mail address',
      attachments: [],
    });
    expect(mail).not.toHaveProperty('html');
    expect(mail?.text).toMatch(/^[\n\x20-\x7e]+$/);
    expect(linkIn(mail!)).toMatch(/^http:\/\/latchkey\.test\/verify\/[\w-]{43}$/);
    expect(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
  });

  it('lies in the outbox for its owner alone, and the log prints its link', async () => {
    const { person } = await client.newcomer();

    const stored = (await outboxOf(service)).find(({ mail }) => mail.to?.[0]?.address === person.email)!;

    expect(statSync(join(service.dataDir, 'outbox')).mode & 0o777).toBe(0o700);
    expect(stored.fileName).toMatch(/^[\dT.Z-]+-[\da-f-]{36}\.eml$/);
    expect(stored.mode).toBe(0o600);
    expect(stored.raw).toContain(`\n${linkIn(stored.mail)}\n`);
    expect(service.log.filter((line) => JSON.stringify(line).includes(linkIn(stored.mail)))).toMatchObject([
      { link: linkIn(stored.mail), file: join(service.dataDir, 'outbox', stored.fileName) },
    ]);
  });

  it('goes to an address with a quoted name as to one address', async () => {
    const email = `"a,b@evil.example"@${newPerson().username}.example.com`;
    await client.register({ email, password: 'Secret1234' });

    expect(await countOf(email)).toBe(1);
  });
});

describe.each([
  [
    'a long path',
    `https://latchkey.test/${'path/'.repeat(150)}here`,
    `https://latchkey.test/${'path/'.repeat(150)}here`,
  ],
  ['a host in another script', 'https://schl\u00fcssel.test/\u00fc', 'https://xn--schlssel-95a.test/%C3%BC'],
])('the link of a service at %s', (_what, publicUrl, linkStart) => {
  beforeAll(start({ PUBLIC_URL: publicUrl }));
  afterAll(() => service.stop());

  it('is whole, on one line and in ASCII', async () => {
    const { person } = await client.newcomer();

    const [mail] = await mailsTo(service, person.email);

    expect(linkIn(mail!).slice(0, -43)).toBe(`${linkStart}/verify/`);
  });
});

describe('POST /verify/resend', () => {
  beforeAll(start());
  afterAll(() => service.stop());

  const ACCEPTED = { status: 202, text: '' };

  it('answers 202 whether the address is unknown, pending or verified, and mails only whom it helps', async () => {
    const pending = (await client.newcomer()).person;
    const verified = (await client.newcomer()).person;
    await confirm(service, verified.email);
    const unknown = newPerson();
    service.advance(QUIET);

    for (const { email } of [pending, verified, unknown]) expect(await resend(email)).toMatchObject(ACCEPTED);

    expect(await countOf(pending.email)).toBe(2);
    expect(await countOf(verified.email)).toBe(1);
    expect(await countOf(unknown.email)).toBe(0);
  });

  it('mails at most one link in 5 minutes, that of the registration included', async () => {
    const { email } = (await client.newcomer()).person;
    expect(await countOf(email)).toBe(1);
    const { madeAt } = await timesOfLink(service, email);
    const ask = async (): Promise<number> => {
      await Promise.all(Array.from({ length: 5 }, () => resend(email)));
      return countOf(email);
    };

    expect(await atTime(service, madeAt + QUIET * 1000 - 1, ask)).toBe(1);
    expect(await atTime(service, madeAt + QUIET * 1000, ask)).toBe(2);
  });

  it('mails to the stored address, never to the typed one', async () => {
    const { email } = newPerson();
    await client.register({ email: `mike.${email}`, password: 'Secret1234' });
    const before = (await outboxOf(service)).length;
    service.advance(QUIET);

    // The Kelvin sign, which is a `k` in the canonical form, and another mailbox.
    expect(await resend(`mi\u212ae.${email}`)).toMatchObject(ACCEPTED);

    const mails = (await outboxOf(service)).slice(before).map(({ mail }) => mail.to);
    expect(mails).toEqual([[{ name: '', address: `mike.${email}` }]]);
  });

  it('mails nothing to a deactivated account', async () => {
    const { person } = await new CookieClient(`${service.url}/cookie`).newcomer();
    await deactivate(service, person);

    expect(await resend(person.email)).toMatchObject(ACCEPTED);
    expect(await countOf(person.email)).toBe(0);
  });

  const problem = (code: string, title: string, more = {}): object => ({
    type: 'about:blank',
    title,
    status: 400,
    code,
    ...more,
  });
  const MALFORMED = problem('body_malformed', 'The body could not be parsed.');
  const NOT_AN_OBJECT = problem('body_not_object', 'The body is not an object.');
  const INVALID = problem('fields_invalid', 'A field is missing or invalid.', {
    errors: [{ field: 'email', detail: 'Must be a text.' }],
  });

  it.each(['john', '', 'john@doe.com\r\nBcc: jane@doe.com'])(
    'answers 202 to %j as to any other text',
    async (email) => {
      expect(await resend(email)).toMatchObject(ACCEPTED);
    },
  );

  it('may be asked from a page of any origin, as the contract that sends people here', async () => {
    const { headers } = await resendBy({ headers: { origin: 'https://app.example' }, body: { email: 'john@doe.com' } });
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  it.each<[string, Sending, object]>([
    ['no body', {}, MALFORMED],
    ['malformed JSON', { body: '{"email":' }, MALFORMED],
    ['a form', form({ email: 'john@doe.com' }), MALFORMED],
    ['a list', { body: '["john@doe.com"]' }, NOT_AN_OBJECT],
    ['no e-mail', { body: {} }, INVALID],
    ['an e-mail that is no string', { body: { email: ['john@doe.com'] } }, INVALID],
  ])('answers 400 to %s', async (_what, sending, body) => {
    const answer = await resendBy(sending);

    expect({ status: answer.status, body: answer.json }).toEqual({ status: 400, body });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  });
});

describe('an account made through cookie', () => {
  beforeAll(start());
  afterAll(() => service.stop());

  it('is refused by basic until its address is verified, and is mailed the link, at most one in 5 minutes', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person } = await cookie.newcomer();
    expect(await countOf(person.email)).toBe(0);

    await client.login({ ...person, password: 'Another1234#' });
    expect(await countOf(person.email)).toBe(0);

    for (let time = 0; time < 3; time++) expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
    expect(await countOf(person.email)).toBe(1);
    service.advance(QUIET);
    expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
    expect(await countOf(person.email)).toBe(2);

    expect((await confirm(service, person.email)).status).toBe(200);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    expect((await cookie.login(person)).status).toBe(200);
    expect((await accountOf(service, person)).username).toBe(person.username);
  });
});

describe('a change that the owner should know of', () => {
  beforeAll(start());
  afterAll(() => service.stop());

  const notice = (what: string): object => ({
    subject: `Your ${what} was changed`,
    text: `The ${what} of your account was changed.\nIf that was you, there is nothing to do.\nIf it was not you, tell the operator of the service at once.\n`,
  });

  it('is mailed to the verified address: the PIN', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person, token } = await cookie.newcomer();
    await cookie.setPin(token, { pin: 'PIN1' });
    expect(await countOf(person.email)).toBe(0);

    await client.login(person);
    await confirm(service, person.email);
    await cookie.setPin(token, { pin: 'PIN2' });
    await cookie.setPin(token, { pin: 'bad' });

    expect((await mailsTo(service, person.email)).slice(1)).toMatchObject([notice('PIN')]);
  });

  it('is mailed to the verified address: the password', async () => {
    const opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);
    const { person, token } = await opaque.newcomer();
    await changeAccount(service, person, { email: person.email, emailKey: person.email });
    await opaque.changePassword(token, person.password, 'Another1234');
    expect(await countOf(person.email)).toBe(0);

    await changeAccount(service, person, { emailVerifiedAt: new Date() });
    await opaque.changePassword(token, 'Another1234', 'Secret1234');
    await opaque.changePassword(token, 'wrong1234', 'Another1234');

    expect(await mailsTo(service, person.email)).toMatchObject([notice('password')]);
  });
});
