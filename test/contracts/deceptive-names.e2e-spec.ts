import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import { AccountClient } from '../support/account.client.js';
import { changeAccount } from '../support/accounts.js';
import { newAdmin } from '../support/admins.js';
import { refused, STRONG_PASSWORD } from '../support/cookie.client.js';
import { changeEmail } from '../support/email-change.js';
import { type Answer, send } from '../support/http.js';
import { newPerson, type Person } from '../support/people.js';
import { invalidFields } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** What nobody sees in a name, or what turns it round. */
const DECEPTIVE: Record<string, string> = {
  'a soft hyphen': '\u00AD',
  'a combining grapheme joiner': '\u034F',
  'an Arabic letter mark': '\u061C',
  'a Hangul filler': '\u3164',
  'a half-width Hangul filler': '\uFFA0',
  'a zero-width space': '\u200B',
  'a zero-width joiner': '\u200D',
  'a right-to-left override': '\u202E',
  'a first strong isolate': '\u2068',
  'a word joiner': '\u2060',
  'a variation selector': '\uFE0F',
  'a byte order mark': '\uFEFF',
  'a tag of plane 14': '\u{E0041}',
  'a variation selector of plane 14': '\u{E0100}',
};

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const post = (path: string, body: object): Promise<Answer> => send('POST', service.url + path, { body });

/** How each route refuses a username that is chosen. */
const USERNAMES: Record<string, [choose: (person: Person) => Promise<Answer>, refusal: object]> = {
  'bare-token': [
    ({ username, password }) => post('/bare-token/auth/register', { username, password }),
    { status: 400, body: { err: 'invalid username' } },
  ],
  'token-pair': [
    ({ username, password }) => post('/token-pair/auth/register', { username, password }),
    { status: 400, body: { username: ['Enter a valid username.'] } },
  ],
  cookie: [registerCookie, refused(406, 'username must be 3 to 30 letters or digits')],
  'opaque-token': [
    ({ username, password }) => post('/opaque-token/register', { username, password }),
    { status: 400, body: { reason: 'A field contains dis-allowed characters. Alphanumeric only' } },
  ],
  'POST /admin/users': [
    async ({ username, password }) =>
      (await newAdmin(service)).send('POST', '/admin/users', { body: { username, password: `${password} long` } }),
    invalidFields(['username', 'Must be a username of at most 150 characters.']),
  ],
};

/** How each route refuses an address that is chosen. */
const ADDRESSES: Record<string, [choose: (person: Person) => Promise<Answer>, refusal: (email: string) => object]> = {
  basic: [
    ({ email, password }) => post('/basic/api/v1.0/register', { email, password }),
    (email) => ({ status: 400, body: { error: `${email} is not a valid email address`, statusCode: 400 } }),
  ],
  cookie: [registerCookie, () => refused(406, 'email is not an address')],
  'POST /account/email': [
    async ({ email }) => changeEmail(service, await new AccountClient(() => service, bareToken).newcomer(), email),
    () => invalidFields(['email', 'Must be an e-mail address.']),
  ],
  'POST /admin/users': [
    async ({ email }) => (await newAdmin(service)).send('POST', '/admin/users', { body: { email } }),
    () => invalidFields(['email', 'Must be an e-mail address of at most 254 characters.']),
  ],
};

function registerCookie({ username, email }: Person): Promise<Answer> {
  return post('/cookie/users/register', { username, email, password1: STRONG_PASSWORD, password2: STRONG_PASSWORD });
}

const spoilt = (name: string, piece: string): string => name.slice(0, 3) + piece + name.slice(3);

for (const [what, piece] of Object.entries(DECEPTIVE))
  describe(`a name with ${what}`, () => {
    for (const [where, [choose, refusal]] of Object.entries(USERNAMES))
      it(`is refused as a username by ${where}`, async () => {
        const person = newPerson();
        const { status, body } = refusal as { status: number; body: unknown };
        const answer = await choose({ ...person, username: spoilt(person.username, piece) });
        expect(whole(answer)).toEqual({ status, body });
      });

    for (const [where, [choose, refusal]] of Object.entries(ADDRESSES))
      it(`is refused as an address by ${where}, before the @ and behind it`, async () => {
        const person = newPerson();
        for (const email of [spoilt(person.email, piece), person.email.replace('example', spoilt('example', piece))])
          expect(whole(await choose({ ...person, email }))).toEqual(refusal(email));
      });
  });

describe('an account of before with an invisible character in its name', () => {
  it('still signs in, and echoes it', async () => {
    const { username, password } = newPerson();
    await post('/bare-token/auth/register', { username, password });
    const before = spoilt(username, '\u200B');
    await changeAccount(service, { username }, { username: before, usernameKey: before });

    expect((await post('/bare-token/auth/login', { username: before, password })).status).toBe(200);
    const { json } = await post('/token-pair/auth/token', { username: before, password });
    const { access } = json as { access: string };
    const me = await send('GET', `${service.url}/token-pair/auth/getuser`, {
      headers: { authorization: `Bearer ${access}` },
    });
    expect(whole(me)).toEqual({ status: 200, body: { username: before } });
    expect((await post('/bare-token/auth/login', { username, password })).status).toBe(401);
  });
});
