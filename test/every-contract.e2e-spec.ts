import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTRACTS } from '../src/contracts/index.js';
import { RevocationService } from '../src/auth/sessions/revocation.service.js';
import { UsersService } from '../src/users/users.service.js';
import type { Driver, Expected, ForeignTokens, Request } from './drivers/driver.js';
import { DRIVERS } from './drivers/index.js';
import { type Answer, send } from './support/http.js';
import { algNone, forged, signedByStranger, signedWithSecret } from './support/jwt.js';
import { newPerson, type Person } from './support/people.js';
import { closeStore } from './support/stored.js';
import { type Service, startService } from './support/service.js';

const AT_ONCE = 20;

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

it('has a driver for every contract', () => {
  expect(DRIVERS.map(({ name }) => name)).toEqual(CONTRACTS.map(({ contract }) => contract.name));
});

describe.each(
  DRIVERS.flatMap((driver) =>
    [`/${driver.name}`, ''].map((mount) => ({ driver, mount, at: mount || 'the bare paths' })),
  ),
)('every contract: $driver.name at $at', ({ driver, mount }) => {
  const ask = ({ method, path, ...sending }: Request): Promise<Answer> =>
    send(method, service.url + mount + path, sending);
  const register = (person: Person): Promise<Answer> => ask(driver.registration(person));
  const signIn = (person: Person): Promise<Answer> => ask(driver.signIn(person));
  const open = (credential: string): Promise<Answer> => ask(driver.guarded(credential));

  async function member(): Promise<Person> {
    const person = driver.newPerson();
    await register(person);
    await driver.activate?.(service, person);
    return person;
  }

  async function signedIn(): Promise<{ person: Person; answer: Answer; credential: string }> {
    const person = await member();
    const answer = await signIn(person);
    return { person, answer, credential: driver.credential(answer) };
  }

  it('registers, signs in, opens its guarded route and refreshes', async () => {
    const person = driver.newPerson();
    expectAnswer(await register(person), driver.registered(person));
    await driver.activate?.(service, person);
    const answer = await signIn(person);
    expectAnswer(answer, driver.signedIn(person));
    expectAnswer(await open(driver.credential(answer)), driver.passed(person));
    if (driver.refresh && driver.refreshed) expectAnswer(await ask(driver.refresh(answer)), driver.refreshed(person));
  });

  it('refuses a wrong password', async () => {
    const person = await member();
    expectAnswer(await signIn({ ...person, password: 'Wrong1234' }), driver.refusals.wrongPassword);
  });

  it('refuses an unknown account', async () => {
    expectAnswer(await signIn(driver.newPerson()), driver.refusals.unknownAccount);
  });

  it('refuses a name that is taken, also in another case', async () => {
    const person = await member();
    const other = driver.inAnotherCase(person);
    expectAnswer(await register(person), driver.refusals.taken(person));
    expectAnswer(await register(other), driver.refusals.taken(other));
  });

  it(`gives a name to exactly one of ${AT_ONCE} who register it at once, and an unproved address to each`, async () => {
    const person = driver.newPerson();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => register(person)));
    const [winners, losers] = split(answers, driver.registered(person).status);
    expect(winners).toHaveLength(driver.claims ? AT_ONCE : 1);
    for (const loser of losers) expectAnswer(loser, driver.refusals.taken(person));
    await driver.activate?.(service, person);
    expectAnswer(await signIn(person), driver.signedIn(person));
  });

  it('refuses malformed, empty, non-object and oversized bodies', async () => {
    const { refusals } = driver;
    const post = (body: string): Promise<Answer> =>
      ask({ ...driver.registration(driver.newPerson()), ...asJson(driver), body });
    expectAnswer(await post('{"username":'), refusals.malformed);
    expectAnswer(await post(''), refusals.empty);
    expectAnswer(await post('[1]'), refusals.notAnObject);
    expectAnswer(await post(`{"username":"${'x'.repeat(100_000)}"}`), refusals.tooLarge);
  });

  it('takes JSON under another media type, or refuses the media type', async () => {
    const person = driver.newPerson();
    const { body, ...request } = driver.registration(person);
    const answer = await ask({
      ...request,
      headers: { ...request.headers, 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
    expectAnswer(answer, driver.refusals.wrongMediaType ?? driver.registered(person));
  });

  it('answers a wrong method with Allow', async () => {
    const { path } = driver.signIn(driver.newPerson());
    const answer = await ask({ method: 'DELETE', path });
    expectAnswer(answer, driver.refusals.wrongMethod);
    expect(answer.headers.allow).toBe('POST');
  });

  it('answers an unknown path in its own shape', async () => {
    const { path } = driver.signIn(driver.newPerson());
    for (const beyond of ['/nowhere', '/', '//', '/no/where', '/%20'])
      expectAnswer(await ask({ method: 'GET', path: path + beyond }), driver.refusals.unknownPath);
  });

  it('refuses a forged token', async () => {
    const { credential } = await signedIn();
    expectAnswer(await open(forged(credential)), driver.refusals.forgedToken);
    expectAnswer(await open('not-a-token'), driver.refusals.malformedToken);
  });

  it('refuses tokens under alg none and under the keys of others', async () => {
    const { credential } = await signedIn();
    const hasJwts = credential.split('.').length === 3;
    const jwt = hasJwts ? credential : (await foreignTokens(driver)).access;
    const expected = hasJwts ? driver.refusals.forgedToken : driver.refusals.malformedToken;
    for (const token of [algNone(jwt), signedByStranger(jwt), signedWithSecret(jwt, 'secret')]) {
      expectAnswer(await open(token), expected);
    }
  });

  it('refuses a token of another contract and one of the wrong type', async () => {
    const { answer } = await signedIn();
    const foreign = await foreignTokens(driver);
    expectAnswer(await open(foreign.access), driver.refusals.foreignToken);
    expectAnswer(await open(driver.wrongType(answer, foreign)), driver.refusals.wrongTypeToken);
  });

  it('refuses an expired token', async () => {
    const { credential, person } = await signedIn();
    expectAnswer(await open(credential), driver.passed(person));
    service.advance(driver.lifetime + 61);
    expectAnswer(await open(credential), driver.refusals.expiredToken);
  });

  it('refuses a deactivated account and its tokens at once', async () => {
    const { person, credential } = await signedIn();
    const kind = driver.name === 'basic' ? 'email' : 'username';
    const user = await service.app
      .get(UsersService)
      .findByName(kind, kind === 'email' ? person.email : person.username);
    await service.app.get(RevocationService).deactivate(user?.id ?? 0);
    expectAnswer(await signIn(person), driver.refusals.deactivated);
    expectAnswer(await open(credential), driver.refusals.deactivatedToken);
  });

  it('marks what it answers as not to be stored', async () => {
    expect((await signIn(driver.newPerson())).headers['cache-control']).toBe('no-store');
  });
});

describe.each(DRIVERS)('a store that fails: $name', (driver) => {
  it('answers 503 with Retry-After to sign-in and registration, never a wrong password', async () => {
    const failing = await startService();
    const person = driver.newPerson();
    const ask = ({ method, path, ...sending }: Request): Promise<Answer> =>
      send(method, `${failing.url}/${driver.name}${path}`, sending);
    await ask(driver.registration(person));
    await closeStore(failing);
    for (const request of [driver.signIn(person), driver.registration(driver.newPerson())]) {
      const answer = await ask(request);
      expectAnswer(answer, driver.refusals.storeFailing);
      expect(answer.headers['retry-after']).toBe('5');
    }
    await failing.stop();
  });
});

function expectAnswer(answer: Answer, expected: Expected): void {
  expect({ status: answer.status, body: answer.json }).toEqual(expected);
}

function split(answers: readonly Answer[], status: number): [Answer[], Answer[]] {
  return [answers.filter((answer) => answer.status === status), answers.filter((answer) => answer.status !== status)];
}

/** The headers that make a body JSON at the bare path that two contracts claim, too. */
function asJson(driver: Driver): { headers: Record<string, string> } {
  return { headers: { ...driver.registration(newPerson()).headers, 'content-type': 'application/json' } };
}

/** Tokens of token-pair, or for token-pair itself and as access tokens for basic, those of bare-token. */
async function foreignTokens(driver: Driver): Promise<ForeignTokens> {
  const { username, password } = newPerson();
  await send('POST', `${service.url}/bare-token/auth/register`, { body: { username, password } });
  const bare = (await send('POST', `${service.url}/bare-token/auth/login`, { body: { username, password } })).json;
  const pair = (await send('POST', `${service.url}/token-pair/auth/token`, { body: { username, password } })).json;
  const { access, refresh } = pair as ForeignTokens;
  return { access: driver.name === 'token-pair' ? (bare as { authToken: string }).authToken : access, refresh };
}
