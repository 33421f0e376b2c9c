import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BasicClient, LOGIN_FAILED, MOUNTS, outcome, refused, signedIn, UNVERIFIED } from '../support/basic.client.js';
import { CookieClient, STRONG_PASSWORD } from '../support/cookie.client.js';
import { form, type Sending } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { multipart } from '../support/multipart.js';
import { confirm } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { TokenPairClient } from '../support/token-pair.client.js';

const BAD_REQUEST = refused(400, 'Bad request');
const KNOWN = refused(400, 'Account already registered for that email');
const TOO_LONG = refused(400, 'Max email length is 254 characters');
const SHORT_PASSWORD = refused(400, 'Password must be at least 6 characters');
const LONG_PASSWORD = refused(400, 'Max password length is 1024 bytes');

const FILE_AS_EMAIL =
  '--b\r\nContent-Disposition: form-data; name="email"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n' +
  'john@doe.com\r\n--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b--\r\n';

/** An address of that many characters, none of its parts being too long. */
function addressOf(length: number): string {
  const { username } = newPerson();
  const local = username.padEnd(64, 'x');
  const labels = `${'d'.repeat(63)}.${'e'.repeat(63)}.`;
  return `${local}@${labels}${'f'.repeat(length - local.length - labels.length - '@.com'.length)}.com`;
}

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

describe.each(MOUNTS)('POST /api/v1.0/register at $mount', ({ base }) => {
  let client: BasicClient;

  beforeAll(() => {
    client = new BasicClient(service.url + base);
  });

  const register = async (email: unknown, password: unknown = 'Secret1234'): Promise<object> =>
    outcome(await client.registerBy({ body: { email, password } }));

  it.each<[string, (fields: Record<string, string>) => Sending]>([
    ['JSON', (body) => ({ body })],
    ['JSON without a media type', (body) => ({ body: JSON.stringify(body) })],
    ['JSON labelled text/plain', (body) => ({ body, headers: { 'content-type': 'text/plain' } })],
    ['JSON with a malformed media type', (body) => ({ body, headers: { 'content-type': ';;' } })],
    ['an urlencoded form', form],
    [
      'an urlencoded form with a character set',
      (fields) => ({
        ...form(fields),
        headers: { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' },
      }),
    ],
    ['a multipart form', multipart],
  ])('answers both tokens to %s', async (_what, sending) => {
    const { email, password } = newPerson('p\u00e4ss w\u00f6rd+&=');

    expect(outcome(await client.registerBy(sending({ email, password })))).toEqual(
      signedIn(`Account registered for ${email}`),
    );
    expect(outcome(await client.login({ email, password }))).toEqual(UNVERIFIED);
  });

  it('answers an access token that says that it opens nothing', async () => {
    const { tokens } = await client.newcomer();

    expect(decode(tokens.access_token).claims).toMatchObject({ aud: 'urn:latchkey:unverified', client_id: 'basic' });
  });

  it('takes no other field', async () => {
    const person = newPerson();

    const answer = await client.registerBy({
      body: { ...person, is_admin: true, status: 'active', emailVerifiedAt: '2026-01-01' },
    });

    expect(outcome(answer)).toEqual(signedIn(`Account registered for ${person.email}`));
    expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
  });

  it.each<[string, Sending]>([
    ['no body', {}],
    ['malformed JSON', { body: '{"email": "a' }],
    ['a list', { body: '["email"]' }],
    ['a text', { body: '"email"' }],
    ['null', { body: 'null' }],
    ['bytes that are no UTF-8', { body: Buffer.from('{"email":"\xff@doe.com","password":"hunter2"}', 'latin1') }],
    ['an empty form', form({})],
    ['JSON labelled as a form', { ...form({}), body: JSON.stringify({ email: 'john@doe.com', password: 'hunter2' }) }],
    ['a multipart form without a boundary', { body: '--b--', headers: { 'content-type': 'multipart/form-data' } }],
    [
      'a multipart form that is cut short',
      { body: '--b\r\nContent-Disp', headers: { 'content-type': 'multipart/form-data; boundary=b' } },
    ],
    ['a file', { body: FILE_AS_EMAIL, headers: { 'content-type': 'multipart/form-data; boundary=b' } }],
  ])('answers 400 to %s', async (_what, sending) => {
    expect(outcome(await client.registerBy(sending))).toEqual(BAD_REQUEST);
  });

  it.each([[undefined], [null], [1], [true], [['john@doe.com']], [{ at: 'john@doe.com' }]])(
    'answers 400 to a field that is %j',
    async (value) => {
      expect(await register(value)).toEqual(BAD_REQUEST);
      expect(await register('john@doe.com', value ?? null)).toEqual(BAD_REQUEST);
    },
  );

  it('answers 400 to a body without a password', async () => {
    expect(outcome(await client.registerBy({ body: { email: 'john@doe.com' } }))).toEqual(BAD_REQUEST);
  });

  it.each([
    '',
    'john',
    'john@',
    '@doe.com',
    'john@doe@doe.com',
    'john..d@doe.com',
    'john@doe..com',
    'john@-doe.com',
    'john@do_e.com',
    'john@doe.c',
    'john@127.0.0.1',
    'john@[127.0.0.1]',
    'john doe@doe.com',
    'John Doe <john@doe.com>',
    'john@doe.com, jane@doe.com',
    ' john@doe.com',
    'john@doe.com ',
    'john@doe.com\n',
    'john@doe.com\r\nBcc: jane@doe.com',
    'jo\0hn@doe.com',
    '"jo\u0007hn"@doe.com',
    '\ud800john@doe.com',
    `${'j'.repeat(65)}@doe.com`,
    `john@${'d'.repeat(64)}.com`,
    '$property $value',
    'j'.repeat(300),
  ])('answers 400 to %j, which is no e-mail address', async (email) => {
    expect(await register(email)).toEqual(refused(400, `${email} is not a valid email address`));
  });

  it.each([
    ['a bare host', 'localhost'],
    ['a subdomain', 'mail.doe.example.com'],
    ['an internationalised domain', 'b\u00fccher.example'],
  ])('takes an address at %s', async (_what, domain) => {
    const email = `${newPerson().username}@${domain}`;

    expect(await register(email)).toEqual(signedIn(`Account registered for ${email}`));
  });

  it.each(["o'brien+tag_%", 'j\u00f6rg', '"john doe"'])('takes an address like %s', async (local) => {
    const email = `${local}@${newPerson().username}.example.com`;

    expect(await register(email)).toEqual(signedIn(`Account registered for ${email}`));
  });

  it('takes an address of 254 characters and refuses one of 255', async () => {
    const longest = addressOf(254);
    expect(longest).toHaveLength(254);

    expect(await register(longest)).toEqual(signedIn(`Account registered for ${longest}`));
    expect(await register(addressOf(255))).toEqual(TOO_LONG);
    expect(await register(`${'j'.repeat(250)}@doe.com`)).toEqual(TOO_LONG);
  });

  it.each([
    ['5 characters', '12345', SHORT_PASSWORD],
    ['nothing', '', SHORT_PASSWORD],
    ['5 characters of two UTF-16 units each', '\u{1f511}'.repeat(5), SHORT_PASSWORD],
    ['1,025 bytes', 'x'.repeat(1025), LONG_PASSWORD],
    ['513 characters of two bytes each', '\u00e9'.repeat(513), LONG_PASSWORD],
    ['a NUL', 'hunter\u00002', refused(400, 'Password is not acceptable')],
  ])('refuses a password of %s', async (_what, password, refusal) => {
    expect(await register(newPerson().email, password)).toEqual(refusal);
  });

  it.each(['123456', 'x'.repeat(1024), '\u{1f511}'.repeat(6)])('takes the password %s', async (password) => {
    const { email } = newPerson();

    expect(await register(email, password)).toEqual(signedIn(`Account registered for ${email}`));
    expect(outcome(await client.login({ email, password }))).toEqual(UNVERIFIED);
  });

  it('refuses an e-mail that is known, however it is written', async () => {
    const { person } = await client.newcomer();
    await confirm(service, person.email);
    const fullWidth = person.email.replace(/^u/, '\uff35');

    expect(await register(person.email)).toEqual(KNOWN);
    expect(await register(person.email.toUpperCase())).toEqual(KNOWN);
    expect(await register(fullWidth)).toEqual(KNOWN);
  });

  it('refuses an e-mail that is known through another contract, once it is proved', async () => {
    const { person } = await new CookieClient(`${service.url}/cookie`).newcomer();
    await client.login(person);
    await confirm(service, person.email);

    expect(await register(person.email, STRONG_PASSWORD)).toEqual(KNOWN);
  });

  it('takes an e-mail that is only the username of another account', async () => {
    const { email, password } = newPerson();
    await new TokenPairClient(service.url, '/token-pair').register({ username: email, password });

    expect(await register(email)).toEqual(signedIn(`Account registered for ${email}`));
  });

  it('checks in the order of its table', async () => {
    const { person } = await client.newcomer();

    expect(await register('nobody', null)).toEqual(BAD_REQUEST);
    expect(await register('nobody', '12345')).toEqual(refused(400, 'nobody is not a valid email address'));
    expect(await register(addressOf(255), '12345')).toEqual(TOO_LONG);
    expect(await register(person.email, '12345')).toEqual(SHORT_PASSWORD);
    expect(await register(person.email, 'x'.repeat(1025))).toEqual(LONG_PASSWORD);
  });

  it('leaves the account that has the e-mail as it was', async () => {
    const { person } = await client.newcomer();
    await confirm(service, person.email);

    await register(person.email, 'Another1234');

    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    expect(outcome(await client.login({ ...person, password: 'Another1234' }))).toEqual(LOGIN_FAILED);
  });
});
