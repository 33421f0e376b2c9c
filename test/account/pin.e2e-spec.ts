import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareToken } from '../drivers/bare-token.driver.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { CookieClient } from '../support/cookie.client.js';
import { withCookie } from '../support/cookies.js';
import { type Answer, send, type Sending } from '../support/http.js';
import type { Person } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const DONE = { status: 204, body: undefined };
const PROOF_SECONDS = 5 * 60;
const LOCK_SECONDS = 15 * 60;
const BAD_PIN = invalidFields(['pin', 'Must be a text of 4 to 8 characters.']);

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Two sessions of somebody with the PIN `PIN2`, which neither has proved. */
async function withPin(): Promise<[Holder, Holder]> {
  const client = new CookieClient(service.url);
  const { person, token } = await client.newcomer();
  await client.setPin(token, { pin: 'PIN2' });
  return [await session(person), await session(person)];
}

async function session(person: Person): Promise<Holder> {
  return new AccountClient(() => service, DRIVERS.find(({ name }) => name === 'cookie') as Driver).signIn(person);
}

const prove = (holder: Pick<Holder, 'headers'>, body: Sending['body']): Promise<Answer> =>
  askAs(service, holder, 'POST', '/account/pin/verify', { body });
const proved = async (holder: Pick<Holder, 'headers'>, pin: unknown): Promise<object> =>
  whole(await prove(holder, { pin }));
const removed = async (holder: Pick<Holder, 'headers'>, headers = {}): Promise<object> =>
  whole(await askAs(service, holder, 'DELETE', '/account/pin', { headers }));
const hasPin = async (holder: Holder): Promise<unknown> =>
  ((await askAs(service, holder, 'GET', '/account')).json as { has_pin: unknown }).has_pin;

describe('POST /account/pin/verify', () => {
  it('proves the PIN for 5 minutes, in this session only', async () => {
    const [mine, other] = await withPin();
    expect(await removed(mine)).toEqual(problem('pin_proof_required'));
    expect(await proved(mine, 'PIN2')).toEqual(DONE);
    expect(await removed(other)).toEqual(problem('pin_proof_required'));
    service.advance(PROOF_SECONDS + 1);
    expect(await removed(mine)).toEqual(problem('pin_proof_required'));
    expect(await proved(mine, 'PIN2')).toEqual(DONE);
    service.advance(PROOF_SECONDS - 10);
    expect(await removed(mine)).toEqual(DONE);
  });

  it.each(DRIVERS)('has nothing to prove for an account of $name without a PIN', async (driver) => {
    const holder = await new AccountClient(() => service, driver).newcomer();
    expect(await proved(holder, 'PIN2')).toEqual(DONE);
  });

  it('proves it with a token of another contract of the same account', async () => {
    const client = new CookieClient(service.url);
    const { person, token } = await client.newcomer();
    await client.setPin(token, { pin: 'PIN2' });
    const { json } = await send('POST', `${service.url}/token-pair/auth/token`, {
      body: { username: person.username, password: person.password },
    });
    const headers = { authorization: `Bearer ${(json as { access: string }).access}` };
    expect(await proved({ headers }, 'PIN2')).toEqual(DONE);
    expect(await removed({ headers: withCookie(token) }, { 'x-pin': 'PIN2' })).toEqual(DONE);
  });

  it('refuses a wrong PIN, and records both in the audit trail, but neither PIN', async () => {
    const [mine] = await withPin();
    const { accountId, sessionId } = await idsOf(service, mine);
    expect(await proved(mine, 'PIN3')).toEqual(problem('pin_wrong'));
    expect(await proved(mine, 'PIN2')).toEqual(DONE);
    const of = (refusal: string | null): object =>
      expect.objectContaining({ door: 'account', actorId: accountId, sessionId, refusal, detail: null }) as object;
    expect(await trailOf(service, accountId, 'pin_proved')).toEqual([of('pin_wrong'), of(null)]);
  });

  it('locks after five wrong PINs that come at once, and compares no more', async () => {
    const [mine, other] = await withPin();
    const answers = await Promise.all(Array.from({ length: 20 }, () => prove(mine, { pin: 'PIN3' })));
    const late = await prove(other, { pin: 'PIN2' });
    expect(answers.filter(({ status }) => status === 403).map(whole)).toEqual(
      Array.from({ length: 5 }, () => problem('pin_wrong')),
    );
    for (const answer of [...answers.filter(({ status }) => status !== 403), late]) {
      expect(whole(answer)).toEqual(problem('pin_locked'));
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(LOCK_SECONDS);
    }
    service.advance(LOCK_SECONDS + 1);
    expect(await proved(other, 'PIN2')).toEqual(DONE);
  });

  it.each([
    ['too short', 'PIN'],
    ['too long', 'PIN234567'],
    ['empty', ''],
    ['a number', 1234],
    ['a list', ['PIN2']],
    ['missing', undefined],
    ['null', null],
    ['huge', 'P'.repeat(90_000)],
    ['a NUL', 'PIN\0'],
  ])('refuses a PIN that is %s, and counts no try', async (_what, pin) => {
    const [mine] = await withPin();
    for (let tries = 0; tries < 6; tries++) expect(await proved(mine, pin)).toEqual(BAD_PIN);
    expect(await proved(mine, 'PIN2')).toEqual(DONE);
  });

  it('refuses a body that is no JSON object', async () => {
    const [mine] = await withPin();
    expect(whole(await askAs(service, mine, 'POST', '/account/pin/verify'))).toEqual(problem('body_malformed'));
    expect(whole(await prove(mine, '"PIN2"'))).toEqual(problem('body_not_object'));
  });
});

describe('DELETE /account/pin', () => {
  it('removes a PIN that comes with the request, and records it', async () => {
    const [mine] = await withPin();
    const { accountId } = await idsOf(service, mine);
    expect(await hasPin(mine)).toBe(true);
    expect(await removed(mine, { 'x-pin': 'PIN2' })).toEqual(DONE);
    expect(await hasPin(mine)).toBe(false);
    expect(await trailOf(service, accountId, 'pin_removed')).toEqual([
      expect.objectContaining({ actorId: accountId, refusal: null }),
    ]);
  });

  it('refuses a wrong PIN, also while a proof counts, and removes nothing', async () => {
    const [mine] = await withPin();
    await proved(mine, 'PIN2');
    expect(await removed(mine, { 'x-pin': 'PIN3' })).toEqual(problem('pin_wrong'));
    expect(await hasPin(mine)).toBe(true);
  });

  it.each([bareToken, opaqueToken])('has nothing to remove for an account of $name without one', async (driver) => {
    const holder = await new AccountClient(() => service, driver).newcomer();
    expect(await removed(holder)).toEqual(DONE);
    expect(await removed(holder)).toEqual(DONE);
  });

  it('removes it once, whoever asks at once', async () => {
    const [mine] = await withPin();
    const { accountId } = await idsOf(service, mine);
    await proved(mine, 'PIN2');
    const answers = await Promise.all(Array.from({ length: 5 }, () => removed(mine)));
    expect(answers).toContainEqual(DONE);
    for (const answer of answers) expect([DONE, problem('pin_proof_required')]).toContainEqual(answer);
    const events = await trailOf(service, accountId, 'pin_removed');
    expect(events.filter(({ refusal }) => refusal === null)).toHaveLength(1);
  });
});
