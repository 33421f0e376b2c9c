import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS as ALL } from '../drivers/index.js';
import { sized } from '../runner/size.js';
import { postChunked } from '../support/chunked.js';
import { cookieToken, givenCookies, withCookie } from '../support/cookies.js';
import { type Answer, send } from '../support/http.js';
import { needing } from '../support/needs.js';
import { type Nginx, NGINX_MISSING, startNginx } from '../support/nginx.js';
import type { Person } from '../support/people.js';
import { freePort } from '../support/ports.js';
import { type OwnPostgres, startOwnPostgres } from '../support/postgres.js';
import { emptyFolder, type ServiceProcess, startProcess } from '../support/process.js';
import type { Environment } from '../support/service.js';
import { whole } from '../support/whole.js';

/** Every contract; over https, the cookie has another name. */
const DRIVERS = ALL.map((driver) => (driver.name === 'cookie' ? overHttps(driver) : driver));

function overHttps(driver: Driver): Driver {
  return {
    ...driver,
    credential: cookieToken,
    guarded: (token) => ({ ...driver.guarded(token), headers: withCookie(token, '__Host-token') }),
  };
}

/** An address of this machine that is not nginx' own. */
const CLIENT = '127.1.1.1';

describe('deploy/nginx.conf before two instances', needing(NGINX_MISSING), () => {
  const ends: (() => void)[] = [];
  const atEnd = (end: () => void): void => void ends.unshift(end);
  let postgres: OwnPostgres;
  let env: Environment;
  let instances: ServiceProcess[];
  let nginx: Nginx;

  /** @param PORT where an instance was before, if it comes back */
  async function startInstance(PORT?: string): Promise<ServiceProcess> {
    const instance = startProcess(emptyFolder(atEnd), { ...env, PORT: PORT ?? String(await freePort()) }, { atEnd });
    await instance.listening;
    return instance;
  }

  const ask = (driver: Driver, { method, path, ...sending }: Request): Promise<Answer> =>
    send(method, `${nginx.url}/${driver.name}${path}`, { localAddress: CLIENT, ...sending });

  async function member(driver: Driver): Promise<Person> {
    const person = driver.newPerson();
    expect(whole(await ask(driver, driver.registration(person)))).toEqual(driver.registered(person));
    return person;
  }

  beforeAll(async () => {
    postgres = await startOwnPostgres();
    env = {
      ...(await postgres.createDatabase('proxied')),
      PUBLIC_URL: 'https://login.example.com',
      TRUST_PROXY: '127.0.0.1',
      EMAIL_VERIFICATION: 'off',
      HASH_THREADS: '1',
    };
    instances = await Promise.all([startInstance(), startInstance()]);
    nginx = await startNginx(instances.map(({ url }) => url) as [string, string], atEnd);
  });
  afterAll(async () => {
    for (const end of ends) end();
    await postgres.stop();
  });

  it.each(DRIVERS)('carries $name, whose requests both instances answer', async (driver) => {
    const person = await member(driver);
    const signedIn = await ask(driver, driver.signIn(person));
    expect(whole(signedIn)).toEqual(driver.signedIn(person));
    for (let i = 0; i < 4; i++)
      expect(whole(await ask(driver, driver.guarded(driver.credential(signedIn))))).toEqual(driver.passed(person));
    for (const { output } of instances)
      await expect.poll(() => output.filter((line) => line.includes(`"contract":"${driver.name}"`))).not.toEqual([]);
  });

  it('passes on what belongs to HTTP: reason phrases, cookies and headers', async () => {
    const [, , cookie, opaqueToken] = DRIVERS as [Driver, Driver, Driver, Driver];
    const person = await member(opaqueToken);
    const wrong = await ask(opaqueToken, opaqueToken.signIn({ ...person, password: 'Wrong1234' }));
    expect([wrong.status, wrong.reason]).toEqual([400, 'Bad login details']);
    const signedIn = await ask(cookie, cookie.signIn(await member(cookie)));
    expect(givenCookies(signedIn)).toMatchObject([
      { name: '__Host-token', attributes: expect.arrayContaining(['HttpOnly', 'Secure']) as string[] },
    ]);
    expect(signedIn.headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('lets the service compare the origin of a page with the host that was asked, not with one that a caller names', async () => {
    const cookie = DRIVERS.find(({ name }) => name === 'cookie') as Driver;
    const person = await member(cookie);
    const token = cookie.credential(await ask(cookie, cookie.signIn(person)));
    const refresh = (origin: string): Promise<Answer> => {
      const headers = { ...withCookie(token, '__Host-token'), origin, 'x-forwarded-host': 'elsewhere.example' };
      return ask(cookie, { method: 'POST', path: '/protected/refresh_token', headers });
    };
    expect((await refresh(nginx.url)).status).toBe(200);
    expect((await refresh('https://elsewhere.example')).status).toBe(403);
  });

  it('tells the service who called, whatever the caller says of itself', async () => {
    const [bareToken] = DRIVERS as [Driver];
    const person = await member(bareToken);
    const spoofed = {
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
      'x-real-ip': '192.0.2.1',
      'x-forwarded-host': 'elsewhere.example',
      forwarded: 'for=192.0.2.1',
    };
    const request = bareToken.signIn(person);
    const signedIn = await ask(bareToken, { ...request, headers: { ...request.headers, ...spoofed } });
    const headers = { authorization: bareToken.credential(signedIn) };
    const { json } = await send('GET', `${nginx.url}/account/sessions`, { localAddress: CLIENT, headers });
    const { sessions } = json as { sessions: { ip: string }[] };
    expect(sessions.map(({ ip }) => ip)).toEqual([CLIENT, CLIENT]);

    const database = await postgres.connect('proxied');
    const seen = async (): Promise<unknown[]> =>
      (await database.query('SELECT DISTINCT ip FROM audit_events')).rows.map(({ ip }) => ip);
    await expect.poll(seen).toContain(CLIENT);
    expect(await seen()).not.toContain('192.0.2.1');
    await database.end();
  });

  it('spends the budget of who called, at both instances, and passes Retry-After on', async () => {
    const [, tokenPair] = DRIVERS as [Driver, Driver];
    const person = await member(tokenPair);
    const guess = (i: number, localAddress: string): Promise<Answer> => {
      const request = tokenPair.signIn({ ...person, password: 'Wrong1234' });
      const headers = { ...request.headers, 'x-forwarded-for': `192.0.${i}.1` };
      return ask(tokenPair, { ...request, localAddress, headers });
    };
    for (let i = 0; i < 10; i++) expect(whole(await guess(i, '127.5.5.5'))).toEqual(tokenPair.refusals.wrongPassword);
    const refused = await guess(10, '127.5.5.5');
    expect(whole(refused)).toEqual(tokenPair.refusals.tooManyAttempts);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(whole(await guess(11, '127.6.6.6'))).toEqual(tokenPair.refusals.wrongPassword);
  });

  it.each(DRIVERS)(
    'leaves a body that is too large to $name, however large it is and however it comes',
    async (driver) => {
      const { method, path, headers } = driver.registration(driver.newPerson());
      const sent = { ...headers, 'content-type': 'application/json' };
      for (const bytes of [100_001, 131_072, 131_073, 3_000_000]) {
        const body = `{"username":"${'x'.repeat(bytes - 15)}"}`;
        const answer = await ask(driver, { method, path, headers: sent, body });
        expect([bytes, whole(answer)]).toEqual([bytes, driver.refusals.tooLarge]);
      }
      const pieces = Array.from({ length: 8 }, () => 'x'.repeat(20_000));
      expect(await postChunked(`${nginx.url}/${driver.name}${path}`, sent, pieces)).toEqual(driver.refusals.tooLarge);
    },
  );

  it.each([
    '/metrics',
    '/metrics?x=1',
    '/metrics/',
    '//metrics',
    '/%6detrics',
    '/./metrics',
    '/docs/../metrics',
    '/health/ready',
    '/health//ready',
  ])('keeps what is for operators to itself: %s', async (path) => {
    const { status, text } = await send('GET', nginx.url + path);
    expect(status).toBe(404);
    expect(text).not.toMatch(/latchkey|database/);
    expect(text).toContain('nginx');
  });

  it('leaves the health that opaque-token promises to everybody', async () => {
    for (const path of ['/health', '/opaque-token/health'])
      expect(whole(await send('GET', nginx.url + path))).toEqual({ status: 200, body: { status: 'success' } });
  });

  it('sends those who come without TLS to where there is some', async () => {
    const { status, headers } = await send('GET', `${nginx.plainUrl}/docs?x=1`, {
      headers: { host: 'login.example.com' },
    });
    expect([status, headers.location]).toEqual([308, 'https://login.example.com/docs?x=1']);
  });

  it.each(
    sized<[NodeJS.Signals, unknown][]>({
      small: [['SIGKILL', 'SIGKILL']],
      full: [
        ['SIGTERM', 0],
        ['SIGKILL', 'SIGKILL'],
      ],
    }),
  )('loses no request that may be sent twice to %s of an instance, and finds it again', async (signal, end) => {
    const [, tokenPair] = DRIVERS as [Driver, Driver];
    const person = await member(tokenPair);
    const token = tokenPair.credential(await ask(tokenPair, tokenPair.signIn(person)));
    const [first] = instances as [ServiceProcess];
    // From an address whose requests nginx has not counted yet.
    const request = { ...tokenPair.guarded(token), localAddress: signal === 'SIGTERM' ? '127.2.2.1' : '127.2.2.2' };
    const asking = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) expect(whole(await ask(tokenPair, request))).toEqual(tokenPair.passed(person));
    };
    const rounds = Promise.all([asking(), asking(), asking(), asking()]);
    first.kill(signal);
    expect(await first.ended).toBe(end);
    await rounds;

    const again = await startInstance(new URL(first.url).port);
    instances[0] = again;
    const isAsked = async (): Promise<boolean> => {
      await ask(tokenPair, tokenPair.guarded(token));
      return again.output.some((line) => line.includes('"contract":"token-pair"'));
    };
    await expect.poll(isAsked, { timeout: 20_000 }).toBe(true);
  });

  it('answers 429 by itself to an address that floods it, and no other', async () => {
    const from = (localAddress: string): Promise<Answer> => send('GET', `${nginx.url}/health`, { localAddress });
    const others: Answer[] = [];
    // Over connections that stay, so that no handshakes pace it, and fewer than an address may have.
    const flood = async (): Promise<void> => {
      while (others.length === 0) {
        const answer = await from('127.7.7.7');
        if (answer.status !== 200) others.push(answer);
      }
    };
    await Promise.all(Array.from({ length: 50 }, flood));
    const [refused] = others;
    expect(refused && whole(refused)).toEqual({
      status: 429,
      body: { type: 'about:blank', title: 'Too many attempts.', status: 429, code: 'too_many_attempts' },
    });
    expect(refused?.headers).toMatchObject({
      'retry-after': '1',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Retry-After',
    });
    const beside = await Promise.all(Array.from({ length: 50 }, () => from('127.8.8.8')));
    expect(beside.map(({ status }) => status)).toEqual(beside.map(() => 200));
  });

  it('passes a 503 of the service on as it is, with Retry-After', async () => {
    await postgres.pause();
    for (const driver of DRIVERS) {
      const answer = await ask(driver, driver.signIn(driver.newPerson()));
      expect(whole(answer)).toEqual(driver.refusals.storeFailing);
      expect(answer.headers['retry-after']).toBe('5');
    }
    await postgres.resume();
  });
});
