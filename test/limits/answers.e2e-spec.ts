import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { CookieClient } from '../support/cookie.client.js';
import { Guessing } from '../support/guessing.js';
import { type Answer, send } from '../support/http.js';
import { from, LIMITED, newNetwork } from '../support/networks.js';
import { documentOf, undocumented } from '../support/openapi.js';
import type { Person } from '../support/people.js';
import { startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let they: Guessing;

beforeAll(async () => {
  they = new Guessing(await startService({ ...LIMITED, REGISTRATION_LIMIT: '5/1h' }));
});
afterAll(() => they.service.stop());

function ask(driver: Driver, { method, path, ...sending }: Request, ip: string): Promise<Answer> {
  return send(method, `${they.service.url}/${driver.name}${path}`, from(ip, sending));
}

/** A request that is refused because of too many, after as many of the like. */
async function limited(driver: Driver, requestOf: (person: Person) => Request, ip = newNetwork()): Promise<Refused> {
  const person = driver.newPerson();
  for (let i = 0; i < 10; i++) await ask(driver, requestOf(person), ip);
  const request = requestOf(person);
  return { request, answer: await ask(driver, request, ip) };
}

interface Refused {
  readonly request: Request;
  readonly answer: Answer;
}

/** The fields of a 429 (draft-ietf-httpapi-ratelimit-headers-10). */
function expectFields({ headers }: Answer, name: string, points: number, seconds: number): void {
  const retryAfter = Number(headers['retry-after']);
  expect(retryAfter).toBeGreaterThan(seconds - 60);
  expect(retryAfter).toBeLessThanOrEqual(seconds);
  expect(headers['ratelimit-policy']).toBe(`"${name}";q=${points};w=${seconds}`);
  expect(headers.ratelimit).toBe(`"${name}";r=0;t=${retryAfter}`);
  const exposed = String(headers['access-control-expose-headers']).split(', ');
  expect(exposed).toEqual(expect.arrayContaining(['Retry-After', 'RateLimit', 'RateLimit-Policy']));
}

describe.each(DRIVERS)('too many attempts at $name', (driver) => {
  const signIn = (person: Person): Request => ({
    ...driver.signIn({ ...person, password: 'Wrong1234' }),
  });
  const withOrigin = (request: Request): Request => ({
    ...request,
    headers: { ...request.headers, origin: they.service.config.PUBLIC_URL },
  });

  it.each([
    ['sign in', signIn, 'sign-in-name-address', 10, 900],
    ['register', driver.registration, 'registration', 5, 3600],
  ] as const)(
    'to %s are told in its own shape, with when to come back',
    async (_what, request, name, points, seconds) => {
      const { answer } = await limited(driver, (person) => withOrigin(request(person)));
      expect(whole(answer)).toEqual(driver.refusals.tooManyAttempts);
      expectFields(answer, name, points, seconds);
    },
  );

  it('are documented', async () => {
    const { document } = await documentOf(they.service, driver.name);
    for (const { request, answer } of [await limited(driver, signIn), await limited(driver, driver.registration)]) {
      expect(answer.status).toBe(429);
      expect(undocumented(document, request.method, request.path, answer)).toEqual([]);
      expect(document.paths[request.path]?.post?.responses['429']).toMatchObject({
        headers: { 'Retry-After': {}, RateLimit: {}, 'RateLimit-Policy': {} },
      });
    }
  });
});

describe('too many attempts elsewhere', () => {
  it('to change the password of opaque-token are told and documented', async () => {
    const driver = DRIVERS.find(({ name }) => name === 'opaque-token') as Driver;
    const person = await they.member(driver);
    const token = driver.credential(await they.signIn(driver, person, newNetwork()));
    const { request, answer } = await limited(driver, () => driver.guarded(token));
    expect(whole(answer)).toEqual(driver.refusals.tooManyAttempts);
    expectFields(answer, 'sign-in-name-address', 10, 900);
    const { document } = await documentOf(they.service, driver.name);
    expect(undocumented(document, request.method, request.path, answer)).toEqual([]);
    expect(document.paths[request.path]?.post?.responses['429']).toMatchObject({ headers: { RateLimit: {} } });
  });

  it('at a PIN are told and documented', async () => {
    const driver = DRIVERS.find(({ name }) => name === 'cookie') as Driver;
    const client = new CookieClient(`${they.service.url}/cookie`);
    const token = driver.credential(await they.signIn(driver, await they.member(driver), newNetwork()));
    await client.setPin(token, { pin: 'PIN1' });
    for (let i = 0; i < 5; i++) await client.setPin(token, { pin: 'PIN2' }, { 'x-pin': 'PIN3' });
    const origin = they.service.config.PUBLIC_URL;
    const answer = await client.setPin(token, { pin: 'PIN2' }, { 'x-pin': 'PIN3', origin });
    expect(whole(answer)).toEqual({ status: 429, body: { message: 'too many wrong pins' } });
    expectFields(answer, 'pin', 5, 900);
    const { document } = await documentOf(they.service, driver.name);
    expect(undocumented(document, 'POST', '/protected/pin', answer)).toEqual([]);
    expect(document.paths['/protected/pin']?.post?.responses['429']).toMatchObject({ headers: { RateLimit: {} } });
  });
});
