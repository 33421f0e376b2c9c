import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountSeen, type Admin, newAdmin, setPasswordByMail, SOME_TIME } from '../support/admins.js';
import { BasicClient } from '../support/basic.client.js';
import { type Answer, send } from '../support/http.js';
import { mailedUrl, mailsTo } from '../support/outbox.js';
import { NO_ACTIVE_ACCOUNT, PairClient } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;
let admin: Admin;
let pairs: PairClient;

beforeAll(async () => {
  service = await startService();
  admin = await newAdmin(service);
  pairs = new PairClient(service.url);
});
afterAll(() => service.stop());

function create(body: object): Promise<Answer> {
  return admin.send('POST', '/admin/users', { body });
}

async function created(body: object): Promise<number> {
  return ((await create(body)).json as { id: number }).id;
}

describe('POST /admin/users', () => {
  it('makes an account that signs in through every contract its names fit', async () => {
    const { username, email, password } = newPerson('battery horse 12');
    expect(whole(await create({ username, email, password, is_admin: true, email_verified: true }))).toEqual({
      status: 201,
      body: accountSeen({ username, email, email_verified_at: SOME_TIME, is_admin: true }),
    });
    expect((await pairs.signIn({ username, email, password })).status).toBe(200);
    expect((await new BasicClient(service.url).login({ email, password })).status).toBe(200);
    expect(await mailsTo(service, email)).toEqual([]);
  });

  it('mails a link to set the password of an account without one; until then nothing is its password', async () => {
    const { username, email } = newPerson();
    const errors = service.log.filter(({ level }) => level === 'error').length;
    expect(whole(await create({ username, email }))).toEqual({ status: 201, body: accountSeen({ username, email }) });
    for (const password of ['!', 'Secret1234'])
      expect(whole(await pairs.signIn({ username, email, password }))).toEqual(NO_ACTIVE_ACCOUNT);
    expect(service.log.filter(({ level }) => level === 'error')).toHaveLength(errors);

    expect(await setPasswordByMail(service, email, 'battery horse 12')).toBe(200);
    expect((await pairs.signIn({ username, email, password: 'battery horse 12' })).status).toBe(200);
  });

  it('leaves an account pending that has only an address, until that is verified', async () => {
    const { email } = newPerson();
    expect(whole(await create({ email, password: 'battery horse 12' }))).toEqual({
      status: 201,
      body: accountSeen({ email, status: 'pending' }),
    });
    expect((await send('POST', await mailedUrl(service, email))).status).toBe(200);
    expect((await admin.get(`/admin/users?query=${email}`)).json).toMatchObject({ users: [{ status: 'active' }] });
  });

  it('takes a verified address for the username of an account without another, if it is free', async () => {
    const [free, taken] = [newPerson().email, newPerson().email];
    await created({ username: taken, password: 'battery horse 12' });
    const password = 'battery horse 12';
    expect((await create({ email: free, password, email_verified: true })).json).toEqual(
      accountSeen({ email: free, username: free, email_verified_at: SOME_TIME }),
    );
    expect((await create({ email: taken, password, email_verified: true })).json).toEqual(
      accountSeen({ email: taken, email_verified_at: SOME_TIME }),
    );
  });

  it('refuses names that somebody has', async () => {
    const { username, email, password } = newPerson('battery horse 12');
    await created({ username, email, password, email_verified: true });
    const other = newPerson();
    expect(whole(await create({ username: username.toUpperCase(), password }))).toEqual(problem('username_taken'));
    expect(whole(await create({ username: other.username, email, password }))).toEqual(problem('email_taken'));
    expect(whole(await create({ email, password, email_verified: true }))).toEqual(problem('email_taken'));
  });

  it('refuses fields of a wrong type or form, and what lacks another', async () => {
    const NAME = 'Must be a username of at most 150 characters.';
    const EMAIL = 'Must be an e-mail address of at most 254 characters.';
    const BOOLEAN = 'Must be true or false.';
    const NEEDED = 'Must be given without an e-mail address.';
    const username = 'somebody';
    const password = 'battery horse 12';
    const refused: [object, ...[string, string][]][] = [
      [{ username: 1, password }, ['username', NAME]],
      [{ username: null, password }, ['username', NAME]],
      [{ username: ' x', password }, ['username', NAME]],
      [{ username: 'x'.repeat(151), password }, ['username', NAME]],
      [{ email: 'no address', password }, ['email', EMAIL]],
      [{ email: null, password, username }, ['email', EMAIL]],
      [{ username, password: 12345678 }, ['password', 'Must be a text.']],
      [{ username, password, is_admin: 'true' }, ['is_admin', BOOLEAN]],
      [{ username, password, is_admin: null }, ['is_admin', BOOLEAN]],
      [{ username, password, email_verified: 1 }, ['email_verified', BOOLEAN]],
      [{ username }, ['email', 'Must be given without a password.']],
      [{ password }, ['username', NEEDED]],
      [{ username, password, email_verified: true }, ['email', 'Must be given to be verified.']],
      [{}, ['username', NEEDED], ['email', 'Must be given without a password.']],
    ];
    for (const [body, ...errors] of refused) expect(whole(await create(body))).toEqual(invalidFields(...errors));
    expect(whole(await create({ username, password: 'short' }))).toEqual(problem('password_invalid'));
    expect(whole(await admin.send('POST', '/admin/users', { body: '[' }))).toEqual(problem('body_malformed'));
  });
});
