import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { changeAccount } from '../support/accounts.js';
import { CookieClient, type SignedIn } from '../support/cookie.client.js';
import type { Answer } from '../support/http.js';
import { LIMITED, newNetwork } from '../support/networks.js';
import { mailsTo } from '../support/outbox.js';
import { resetUrl, setPassword } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { cookieToken } from '../support/cookies.js';

const PIN_TRIES = 5;
const LOCK_SECONDS = 900;
const IN_A_ROW = 10;
const REFUSED = { status: 429, policy: `"pin-row";q=${IN_A_ROW};w=2592000` };

let service: Service;
let client: CookieClient;

beforeAll(async () => {
  service = await startService({ ...LIMITED, SIGN_IN_LIMIT_IN_A_ROW: `${IN_A_ROW}/30d` });
  client = new CookieClient(`${service.url}/cookie`);
});
afterAll(() => service.stop());

const prove = (token: string, pin: string, ip: string): Promise<Answer> =>
  client.setPin(token, { pin }, { 'x-pin': pin, 'x-forwarded-for': ip });
const shown = ({ status, headers }: Answer): object => ({ status, policy: headers['ratelimit-policy'] });

/** Somebody whose PIN a thief of the session has tried as often as networks may that the account does not know. */
async function tried(): Promise<SignedIn> {
  const owner = await client.newcomer();
  const { email } = owner.person;
  await changeAccount(service, owner.person, { email, emailKey: email, emailVerifiedAt: new Date() });
  await client.setPin(owner.token, { pin: 'PIN1' });
  await service.app.get(KnownNetworks).flush();
  await mailsTo(service, email);
  for (let tries = 0; tries < IN_A_ROW; tries++) {
    if (tries === PIN_TRIES) service.advance(LOCK_SECONDS + 1);
    expect((await prove(owner.token, 'WRONG', newNetwork())).status).toBe(401);
  }
  // A mail that is under way would be sent again once the clock is moved on.
  await mailsTo(service, email);
  return owner;
}

describe('wrong PINs in a row', () => {
  it('end the tries of networks that the account does not know, also right ones, and the owner is told', async () => {
    const { token, person } = await tried();
    service.advance(LOCK_SECONDS + 1);

    expect(shown(await prove(token, 'PIN1', newNetwork()))).toEqual(REFUSED);
    service.advance(86_400);
    expect(shown(await prove(await client.session(person), 'PIN1', newNetwork()))).toEqual(REFUSED);
    const subjects = (await mailsTo(service, person.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === 'Somebody tries your PIN')).toHaveLength(1);
  });

  it('leave the owner in at a network that the account knows, whose right PIN ends the row', async () => {
    const { token } = await tried();
    service.advance(LOCK_SECONDS + 1);

    expect((await prove(token, 'PIN1', '127.0.0.1')).status).toBe(200);
    expect((await prove(token, 'PIN1', newNetwork())).status).toBe(200);
  });

  it('are forgotten when a new password is set by a mailed link', async () => {
    const { person } = await tried();
    const password = 'Battery-staple-71';
    expect((await setPassword(await resetUrl(service, person.email), password)).status).toBe(200);
    service.advance(LOCK_SECONDS + 1);

    const token = cookieToken(await client.login({ ...person, password }));
    expect((await prove(token, 'PIN1', newNetwork())).status).toBe(200);
  });
});
