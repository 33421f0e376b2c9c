import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latchkey } from '../cli/run.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { cookieToken, withCookie } from '../support/cookies.js';
import { FrontEnds } from '../support/front-ends.js';
import { byStatus } from '../support/guessing.js';
import { type Answer, form, send } from '../support/http.js';
import { type Instances, startInstances } from '../support/instances.js';
import { mailedLink } from '../support/mailed-link.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import { newPerson } from '../support/people.js';
import { type Connection, type Postgres, startPostgres } from '../support/postgres.js';
import type { Environment } from '../support/service.js';
import { whole } from '../support/whole.js';

let postgres: Postgres;
let settings: Environment;
let database: Connection;
let instances: Instances;
let they: FrontEnds;

beforeAll(async () => {
  postgres = await startPostgres();
  settings = await postgres.createDatabase('three');
  // The schema, the first key and everything else is theirs to make, all at once.
  instances = await startInstances(
    settings.DATABASE_URL!,
    Array.from({ length: 3 }, () => ({ env: LIMITED })),
  );
  database = await postgres.connect('three');
  they = new FrontEnds(() => instances.next(), database);
});
afterAll(async () => {
  await instances.stop();
  await database.end();
  await postgres.stop();
});

/** The same thing asked of all instances at once. */
function atAll<T>(ask: (url: string) => Promise<T>): Promise<T[]> {
  return Promise.all(instances.all.map(({ url }) => ask(url)));
}

const driverOf = (name: string): Driver => DRIVERS.find((driver) => driver.name === name) as Driver;

describe.each(DRIVERS)('Three instances, each request to another: $name', (driver) => {
  it('registers at one, signs in at the next, and is known to every one', async () => {
    const person = driver.newPerson();
    const registered = await they.ask(driver, from(newNetwork(), driver.registration(person)));
    expect(whole(registered)).toEqual(driver.registered(person));
    if (driver.activate) await send('POST', await mailedLink(instances, person.email));
    const opened = await they.open(driver, person);
    expect(whole(opened.signedIn)).toEqual(driver.signedIn(person));
    for (const answer of await atAll((url) => they.use(opened, url)))
      expect(whole(answer)).toEqual(driver.passed(person));
    if (!driver.refresh || !driver.refreshed) return;
    for (let round = 0; round < 3; round++)
      expect(whole(await they.ask(driver, driver.refresh(opened.signedIn)))).toEqual(driver.refreshed(person));
  });

  it('gives a name to one of 12 who register it at once, and an unproved address to each', async () => {
    const person = driver.newPerson();
    const ip = newNetwork();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => they.ask(driver, from(ip, driver.registration(person)))),
    );
    const winners = answers.filter(({ status }) => status === driver.registered(person).status);
    expect(winners).toHaveLength(driver.claims ? 12 : 1);
    for (const winner of winners) expect(whole(winner)).toEqual(driver.registered(person));
    for (const loser of answers.filter((answer) => !winners.includes(answer)))
      expect(whole(loser)).toEqual(driver.refusals.taken(person));
  });

  it('opens no door at any of them once the account’s sessions are ended at one', async () => {
    const person = await they.member();
    const opened = await they.open(driver, person);
    for (const answer of await atAll((url) => they.use(opened, url)))
      expect(whole(answer)).toEqual(driver.passed(person));

    await they.clear(person);

    const statuses = (): Promise<number[]> => atAll(async (url) => (await they.use(opened, url)).status);
    const refused = driver.refusals.deactivatedToken.status;
    await expect.poll(statuses, { timeout: 5000 }).toEqual([refused, refused, refused]);
  });

  it('lets ten of thirty parallel guesses through to a comparison, whichever instances they ask', async () => {
    const person = await they.member();
    const wrong = driver.name === 'cookie' ? 'WrongSecret1#' : 'WrongSecret1';
    const guess = from(newNetwork(), driver.signIn({ ...person, password: wrong }));
    const answers = await Promise.all(Array.from({ length: 30 }, () => they.ask(driver, guess)));
    expect(byStatus(answers)).toEqual({ [driver.refusals.wrongPassword.status]: 10, 429: 20 });
  });
});

describe('Three instances', () => {
  it('rotate a refresh token once, whoever is asked, and answer all the same successor', async () => {
    const tokenPair = driverOf('token-pair');
    const opened = await they.open(tokenPair, await they.member());
    const refresh = tokenPair.refresh!(opened.signedIn);
    const answers = await Promise.all(Array.from({ length: 12 }, () => they.ask(tokenPair, refresh)));
    expect(byStatus(answers)).toEqual({ 200: 12 });
    expect(new Set(answers.map(({ json }) => (json as { refresh: string }).refresh)).size).toBe(1);
  });

  it('use a mailed link once, though three ask for it at once', async () => {
    const basic = driverOf('basic');
    const person = basic.newPerson();
    await they.ask(basic, from(newNetwork(), basic.registration(person)));
    const { pathname } = new URL(await mailedLink(instances, person.email));
    const pressed = await atAll((url) => send('POST', url + pathname));
    expect(byStatus(pressed)).toEqual({ 200: 1, 410: 2 });
  });

  it('reset a password once by one link, though three ask for it at once', async () => {
    const { email, username } = await they.member();
    await send('POST', `${instances.next()}/password-reset`, { body: { email } });
    const { pathname } = new URL(await mailedLink(instances, email));
    const passwords = ['Borealis1x', 'Borealis2x', 'Borealis3x'];
    const answers = await Promise.all(
      passwords.map((password) => send('POST', instances.next() + pathname, form({ password }))),
    );
    expect(byStatus(answers)).toEqual({ 200: 1, 410: 2 });
    const bareToken = driverOf('bare-token');
    const signIns = await Promise.all(
      passwords.map((password) => they.ask(bareToken, bareToken.signIn({ username, email, password }))),
    );
    expect(signIns.map(({ status }) => status === 200)).toEqual(answers.map(({ status }) => status === 200));
  });

  it('let one of three changes of a password win', async () => {
    const person = await they.member();
    const opaque = driverOf('opaque-token');
    const opened = await they.open(opaque, person);
    const authorization = `Bearer ${opaque.credential(opened.signedIn)}`;
    const passwords = ['Borealis1x', 'Borealis2x', 'Borealis3x'];
    const answers = await Promise.all(
      passwords.map((password) =>
        send('POST', `${instances.next()}/opaque-token/change-password`, {
          headers: { authorization },
          body: { old_password: person.password, new_password: password },
        }),
      ),
    );
    expect(byStatus(answers)).toEqual({ 200: 1, 400: 2 });
    const signIns = await Promise.all(
      passwords.map((password) => they.ask(opaque, opaque.signIn({ ...person, password }))),
    );
    expect(signIns.map(({ status }) => status === 200)).toEqual(answers.map(({ status }) => status === 200));
  });

  it('lock a PIN after five wrong ones, whichever instances were asked', async () => {
    const cookie = driverOf('cookie');
    const { signedIn } = await they.open(cookie, await they.member());
    const headers = withCookie(cookieToken(signedIn));
    await send('POST', `${instances.next()}/cookie/protected/pin`, { headers, body: { pin: 'Pin#71' } });
    const prove = (pin: string): Promise<Answer> =>
      send('POST', `${instances.next()}/account/pin/verify`, { headers, body: { pin } });
    const wrong = await Promise.all(Array.from({ length: 9 }, () => prove('Pin#99')));
    expect(byStatus(wrong)).toEqual({ 403: 5, 429: 4 });
    expect((await prove('Pin#71')).status).toBe(429);
  });

  it('publish the same keys, and take over what was done to them from the command line', async () => {
    const keys = (): Promise<unknown[]> =>
      atAll(async (url) => (await send('GET', `${url}/.well-known/jwks.json`)).json);
    const [before, ...others] = (await keys()) as { keys: { kid: string }[] }[];
    expect(before?.keys).toHaveLength(1);
    for (const other of others) expect(other).toEqual(before);
    const env = { ...settings, PUBLIC_URL: 'http://latchkey.test' };
    const opened = await they.open(driverOf('token-pair'), await they.member());

    await latchkey({ folder: instances.folder, env }, 'keys', 'rotate');
    const kids = async (): Promise<number[]> => (await keys()).map((one) => (one as { keys: unknown[] }).keys.length);
    await expect.poll(kids, { timeout: 5000 }).toEqual([2, 2, 2]);

    await latchkey({ folder: instances.folder, env }, 'keys', 'revoke', before?.keys[0]?.kid ?? '');
    const statuses = (): Promise<number[]> => atAll(async (url) => (await they.use(opened, url)).status);
    await expect.poll(statuses, { timeout: 5000 }).toEqual([401, 401, 401]);
    const anew = await they.open(driverOf('token-pair'), await they.member());
    expect(byStatus(await atAll((url) => they.use(anew, url)))).toEqual({ 200: 3 });
  });

  it('keep one trail: what was done through any of them can be read at any other', async () => {
    const { username, password } = newPerson();
    const at = instances.all.map(({ url }) => url);
    await send('POST', `${at[0]}/opaque-token/register`, { body: { username, password } });
    await database.query('UPDATE users SET is_admin = true WHERE username = $1', [username]);
    const { json } = await send('POST', `${at[1]}/opaque-token/login`, { body: { username, password } });
    const headers = { authorization: `Bearer ${(json as { token: string }).token}` };
    const kinds = async (): Promise<unknown> => {
      const { id } = (await send('GET', `${at[0]}/account`, { headers })).json as { id: number };
      const { json: trail } = await send('GET', `${at[2]}/admin/audit?account=${id}`, { headers });
      return (trail as { events: { kind: string }[] }).events.map(({ kind }) => kind);
    };
    await expect.poll(kinds, { timeout: 5000 }).toEqual(['signed_in', 'registered']);
  });

  it('wrote nothing to standard error, and no error to their logs', () => {
    for (const instance of instances.all) {
      expect(instance.errors()).toBe('');
      expect(instance.output.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    }
  });
});
