import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs } from '../support/account.client.js';
import { accountOf } from '../support/accounts.js';
import { BasicClient, outcome, signedIn } from '../support/basic.client.js';
import { CookieClient } from '../support/cookie.client.js';
import { confirmWith } from '../support/claims.js';
import { changeUrl, verifiedHolder } from '../support/email-change.js';
import { send } from '../support/http.js';
import { type Connection, type Postgres, startPostgres, waiting } from '../support/postgres.js';
import { canSignIn, heading, NEW_PASSWORD, page, resetUrl, setPassword, subjectsTo } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { TokenPairClient } from '../support/token-pair.client.js';

const DONE = page(200, 'New password set');
const CONFIRMED = page(200, 'Address confirmed');
const DEAD = page(410, 'This link does not work any more');

describe('on PostgreSQL', () => {
  let postgres: Postgres;
  let service: Service;
  let connection: Connection;

  beforeAll(async () => {
    postgres = await startPostgres();
    service = await startService({ ...(await postgres.createDatabase('latchkey')), MAIL_QUIET: '0s' });
    connection = await postgres.connect('latchkey');
  });
  afterAll(async () => {
    await connection.end();
    await service.stop();
    await postgres.stop();
  });

  const press = async (url: string): Promise<object> => heading(await send('POST', url));

  it('a link sets the password for one of 10 that use it at once, and ends the sessions', async () => {
    const holder = await verifiedHolder(service);
    const url = await resetUrl(service, holder.person.email);

    const answers = await Promise.all(Array.from({ length: 10 }, () => setPassword(url)));

    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(410)]);
    expect(await canSignIn(service, holder.person, NEW_PASSWORD)).toBe(true);
    expect((await askAs(service, holder, 'GET', '/account')).status).toBe(401);
  });

  it('a link makes a pending account active, with a username only if that is free', async () => {
    const basic = new BasicClient(`${service.url}/basic`);
    const [one, two] = [(await basic.newcomer()).person, (await basic.newcomer()).person];
    await new TokenPairClient(service.url, '/token-pair').register({ ...two, username: two.email });

    for (const { email } of [one, two]) {
      expect(heading(await setPassword(await resetUrl(service, email)))).toEqual(DONE);
      expect(outcome(await basic.login({ email, password: NEW_PASSWORD }))).toEqual(
        signedIn(`Login for ${email} succesful`),
      );
    }
    expect(await canSignIn(service, { username: one.email }, NEW_PASSWORD)).toBe(true);
    expect(await canSignIn(service, { username: two.email }, NEW_PASSWORD)).toBe(false);
  });

  it('a link removes a PIN that was set before the address was verified', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person, token } = await cookie.newcomer();
    await cookie.setPin(token, { pin: 'PIN1' });

    expect(heading(await setPassword(await resetUrl(service, person.email)))).toEqual(DONE);

    expect(await accountOf(service, person)).toMatchObject({ pinHash: null, pinFailures: 0, pinLockedUntil: null });
  });

  it('of two accounts that confirm one address, one gets it', async () => {
    const [one, two] = [await verifiedHolder(service), await verifiedHolder(service)];
    const urls = [await changeUrl(service, one, one.other), await changeUrl(service, two, one.other)];

    const { password } = one.person;
    expect(two.person.password).toBe(password);
    const answers = await Promise.all(urls.map(async (url) => heading(await confirmWith(url, password))));

    expect(answers).toEqual(expect.arrayContaining([CONFIRMED, DEAD]));
    const emails = await Promise.all([one, two].map(async ({ person }) => (await accountOf(service, person)).email));
    expect(emails.filter((email) => email === one.other)).toHaveLength(1);
  });

  it('a newer link ends the older one, and a change of the address the links to the old one', async () => {
    const holder = await verifiedHolder(service);
    const reset = await resetUrl(service, holder.person.email);
    const older = await changeUrl(service, holder, holder.other);
    const newer = await changeUrl(service, holder, `third.${holder.person.email}`);

    expect(await press(older)).toEqual(DEAD);
    expect(await press(newer)).toEqual(CONFIRMED);
    expect(heading(await setPassword(reset))).toEqual(DEAD);
  });

  it('issues no link for a password that is being changed at that moment', async () => {
    const holder = await verifiedHolder(service);
    const { id } = await accountOf(service, holder.person);
    await connection.query('BEGIN');
    await connection.query(`UPDATE users SET password_hash = 'another' WHERE id = $1`, [id]);
    const body = { email: holder.other, password: holder.person.password };
    expect((await askAs(service, holder, 'POST', '/account/email', { body })).status).toBe(202);
    const beside = await postgres.connect('latchkey');
    await waiting(beside, 'transactionid', 'tuple');
    await beside.end();

    await connection.query('COMMIT');

    expect(await subjectsTo(service, holder.other)).toEqual([]);
  });

  it('opens a session by the new password at once', async () => {
    const holder = await verifiedHolder(service);
    await setPassword(await resetUrl(service, holder.person.email));

    const again = await new AccountClient(() => service, tokenPair).signIn({
      ...holder.person,
      password: NEW_PASSWORD,
    });

    expect((await askAs(service, again, 'GET', '/account')).status).toBe(200);
  });
});
