import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountOf } from '../support/accounts.js';
import { CookieClient, MOUNTS, refused, type SignedIn, UNAUTHENTICATED, UNREADABLE } from '../support/cookie.client.js';
import { cookieToken, withCookie } from '../support/cookies.js';
import type { Answer } from '../support/http.js';
import { forged } from '../support/jwt.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const SET = { status: 200, body: { message: 'pin set' } };
const BAD_PIN = refused(406, 'pin must be 4 to 8 characters');
const PROOF_REQUIRED = refused(401, 'sign in again or prove the present pin');
const WRONG_PIN = refused(401, 'wrong pin');
const LOCKED = refused(429, 'too many wrong pins');

const REAUTH_SECONDS = 600;
const PROOF_SECONDS = 300;
const LOCK_SECONDS = 900;

/** The two ways to prove the present PIN. */
const PROOFS: [string, (pin: string) => { body: object; headers: Record<string, string> }][] = [
  ['X-Pin', (pin) => ({ body: { pin: 'NEW1' }, headers: { 'x-pin': pin } })],
  ['current_pin', (pin) => ({ body: { pin: 'NEW1', current_pin: pin }, headers: {} })],
];

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

describe.each(MOUNTS)('POST %s/protected/pin', (base) => {
  let client: CookieClient;

  beforeAll(() => {
    client = new CookieClient(service.url + base);
  });

  /** Somebody whose PIN is set, and whose sign-in is too long ago to change it without a proof. */
  async function withPin(pin: string): Promise<SignedIn> {
    const signedIn = await client.newcomer();
    await client.setPin(signedIn.token, { pin });
    service.advance(REAUTH_SECONDS + 1);
    return signedIn;
  }

  /** Proves a PIN, right or wrong, by asking for a new one that is as it was. */
  const prove = (token: string, pin: string, next = pin): Promise<Answer> =>
    client.setPin(token, { pin: next }, { 'x-pin': pin });

  it('sets the first PIN, however long ago the sign-in was', async () => {
    const { token } = await client.newcomer();
    service.advance(REAUTH_SECONDS + 1);
    expect(whole(await client.setPin(token, { pin: 'PIN2' }))).toEqual(SET);
  });

  it('takes the token as Bearer when there is no cookie', async () => {
    const { token } = await client.newcomer();
    const headers = { authorization: `Bearer ${token}` };
    expect(whole(await client.send('POST', '/protected/pin', { headers, body: { pin: 'PIN2' } }))).toEqual(SET);
  });

  it('answers 401 without a valid cookie, whatever the body', async () => {
    const { token } = await client.newcomer();
    const headers = { ...withCookie(forged(token)), authorization: `Bearer ${token}` };

    for (const body of [{ pin: 'PIN2' }, { pin: 1 }, '{"half']) {
      expect(whole(await client.send('POST', '/protected/pin', { body }))).toEqual(UNAUTHENTICATED);
      expect(whole(await client.send('POST', '/protected/pin', { headers, body }))).toEqual(UNAUTHENTICATED);
    }
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['half an object', '{"pin":"PIN2"'],
    ['a form', 'pin=PIN2'],
    ['a list', '["PIN2"]'],
    ['a text', '"PIN2"'],
    ['null', 'null'],
    ['a PIN that is a number', '{"pin":1234}'],
    ['a PIN that is a list', '{"pin":["PIN2"]}'],
    ['a present PIN that is a number', '{"pin":"PIN2","current_pin":1234}'],
    ['a bad PIN beside a present PIN that is an object', '{"pin":"","current_pin":{}}'],
  ])('cannot unmarshal %s', async (_, body) => {
    const { token } = await client.newcomer();
    expect(whole(await client.setPin(token, body))).toEqual(UNREADABLE);
  });

  it.each([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['has 3 characters', 'PIN'],
    ['has 9 characters', 'PIN456789'],
    ['has 2 emoji, which are 4 UTF-16 units', '😀😀'],
    ['has a NUL', 'PIN\0'],
    ['has a control character', 'PIN2\n'],
    ['has half of a surrogate pair', 'PIN\ud800'],
  ])('refuses a PIN that %s', async (_, pin) => {
    const { token } = await client.newcomer();
    expect(whole(await client.setPin(token, { pin }))).toEqual(BAD_PIN);
  });

  it.each(['PIN2', '12345678', '😀😀😀😀😀😀😀😀', '    ', 'пин-код'])('accepts the PIN "%s"', async (pin) => {
    const { token } = await client.newcomer();

    expect(whole(await client.setPin(token, { pin }))).toEqual(SET);

    service.advance(REAUTH_SECONDS + 1);
    expect(whole(await client.setPin(token, { pin, current_pin: pin }))).toEqual(SET);
  });

  it('reads JSON whatever its media type', async () => {
    const { token } = await client.newcomer();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'json'])
      expect(whole(await client.setPin(token, '{"pin":"PIN2"}', { 'content-type': type })), type).toEqual(SET);
  });

  it('changes the PIN for one who signed in within REAUTH_WINDOW', async () => {
    const { token } = await client.newcomer();
    await client.setPin(token, { pin: 'PIN2' });

    service.advance(REAUTH_SECONDS - 10);
    expect(whole(await client.setPin(token, { pin: 'PIN3' }))).toEqual(SET);

    service.advance(11);
    expect(whole(await client.setPin(token, { pin: 'PIN4' }))).toEqual(PROOF_REQUIRED);
    expect(whole(await prove(token, 'PIN3'))).toEqual(SET);
  });

  it('counts no refresh, and no sign-in to another session, as a sign-in', async () => {
    const { person, token } = await withPin('PIN2');
    const refreshed = cookieToken(await client.refresh(token));
    const elsewhere = await client.session(person);

    expect(whole(await client.setPin(refreshed, { pin: 'PIN3' }))).toEqual(PROOF_REQUIRED);
    expect(whole(await client.setPin(token, { pin: 'PIN3' }))).toEqual(PROOF_REQUIRED);
    expect(whole(await client.setPin(elsewhere, { pin: 'PIN3' }))).toEqual(SET);
  });

  it('tells what is wrong with the PIN before it asks for a proof', async () => {
    const { token } = await withPin('PIN2');

    expect(whole(await client.setPin(token, { pin: 1 }))).toEqual(UNREADABLE);
    expect(whole(await client.setPin(token, { pin: 'x' }))).toEqual(BAD_PIN);
    expect(whole(await client.setPin(token, { pin: 'x' }, { 'x-pin': 'wrong' }))).toEqual(BAD_PIN);
    expect(whole(await client.setPin(token, { pin: 'PIN3', current_pin: null }))).toEqual(PROOF_REQUIRED);
  });

  describe.each(PROOFS)('with the present PIN as %s', (_, proof) => {
    const setPin = async (token: string, pin: string): Promise<object> => {
      const { body, headers } = proof(pin);
      return whole(await client.setPin(token, body, headers));
    };

    it('changes it', async () => {
      const { token } = await withPin('PIN2');

      expect(await setPin(token, 'PIN2')).toEqual(SET);
      expect(await setPin(token, 'PIN2')).toEqual(WRONG_PIN);
      expect(await setPin(token, 'NEW1')).toEqual(SET);
    });

    it('refuses a wrong one, also within REAUTH_WINDOW', async () => {
      const { token } = await client.newcomer();
      await client.setPin(token, { pin: 'PIN2' });

      for (const wrong of ['PIN3', 'pin2', 'PIN', 'PIN22'])
        expect(await setPin(token, wrong), wrong).toEqual(WRONG_PIN);
    });

    it('needs no second proof in the same session for 5 minutes', async () => {
      const { person, token } = await withPin('PIN2');
      const elsewhere = await client.session(person);
      service.advance(REAUTH_SECONDS + 1);
      await setPin(token, 'PIN2');

      expect(whole(await client.setPin(elsewhere, { pin: 'PIN3' }))).toEqual(PROOF_REQUIRED);
      service.advance(PROOF_SECONDS - 10);
      expect(whole(await client.setPin(token, { pin: 'PIN4' }))).toEqual(SET);
      service.advance(11);
      expect(whole(await client.setPin(token, { pin: 'PIN5' }))).toEqual(PROOF_REQUIRED);
    });
  });

  it('locks after five wrong PINs, with Retry-After, for 15 minutes, whatever the session', async () => {
    const { person, token } = await withPin('PIN2');
    for (let tries = 1; tries <= 5; tries++) expect(whole(await prove(token, 'WRONG'))).toEqual(WRONG_PIN);

    const locked = await prove(token, 'PIN2');
    const lockedElsewhere = await prove(await client.session(person), 'PIN2');

    for (const answer of [locked, lockedElsewhere]) {
      expect(whole(answer)).toEqual(LOCKED);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(LOCK_SECONDS - 10);
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(LOCK_SECONDS);
    }
  });

  it('locks PIN checks only: the account signs in, and its sessions go on', async () => {
    const { person, token } = await withPin('PIN2');
    for (let tries = 1; tries <= 5; tries++) await prove(token, 'WRONG');

    expect((await client.login(person)).status).toBe(200);
    expect((await client.me(token)).status).toBe(200);
    expect(whole(await client.setPin(token, { pin: 'PIN3' }))).toEqual(PROOF_REQUIRED);
  });

  it('ends the lock after 15 minutes, and counts from nought again', async () => {
    const { token } = await withPin('PIN2');
    for (let tries = 1; tries <= 5; tries++) await prove(token, 'WRONG');

    service.advance(LOCK_SECONDS - 10);
    const still = await prove(token, 'PIN2');
    expect(whole(still)).toEqual(LOCKED);
    expect(Number(still.headers['retry-after'])).toBeLessThanOrEqual(10);

    service.advance(11);
    for (let tries = 1; tries <= 4; tries++) expect(whole(await prove(token, 'WRONG'))).toEqual(WRONG_PIN);
    expect(whole(await prove(token, 'PIN2'))).toEqual(SET);
  });

  it('lets no more than five of 20 parallel wrong PINs reach a comparison', async () => {
    const { token } = await withPin('PIN2');

    const answers = await Promise.all(Array.from({ length: 20 }, () => prove(token, 'WRONG')));

    const compared = answers.filter(({ status }) => status === 401);
    const locked = answers.filter(({ status }) => status === 429);
    expect(compared.map(whole)).toEqual(Array.from({ length: 5 }, () => WRONG_PIN));
    expect(locked.map(whole)).toEqual(Array.from({ length: 15 }, () => LOCKED));
    for (const { headers } of locked) expect(Number(headers['retry-after'])).toBeGreaterThan(LOCK_SECONDS - 10);
  });

  it('forgets the wrong PINs when the right one comes', async () => {
    const { token } = await withPin('PIN2');
    for (let round = 1; round <= 3; round++) {
      for (let tries = 1; tries <= 4; tries++) expect(whole(await prove(token, 'WRONG'))).toEqual(WRONG_PIN);
      expect(whole(await prove(token, 'PIN2'))).toEqual(SET);
    }
  });

  it('counts the tries of each account for itself', async () => {
    const [one, other] = [await withPin('PIN2'), await withPin('PIN2')];
    for (let tries = 1; tries <= 5; tries++) await prove(one.token, 'WRONG');

    expect(whole(await prove(one.token, 'PIN2'))).toEqual(LOCKED);
    expect(whole(await prove(other.token, 'PIN2'))).toEqual(SET);
  });

  it('stores a PIN as bcrypt over its HMAC, and logs neither the new one nor the proof', async () => {
    const { person, token } = await withPin('sEcReT1');
    await prove(token, 'sEcReT1', 'sEcReT2');

    const { pinHash } = await accountOf(service, person);

    expect(pinHash).toMatch(/^\$2[ab]\$04\$/);
    expect(await bcrypt.compare('sEcReT2', pinHash ?? '')).toBe(false);
    expect(JSON.stringify(service.log)).not.toMatch(/sEcReT/);
  });
});
