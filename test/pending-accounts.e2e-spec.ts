import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HousekeepingService } from '../src/auth/housekeeping.service.js';
import { RevocationService } from '../src/auth/sessions/revocation.service.js';
import { UsersService } from '../src/users/users.service.js';
import { changeAccount } from './support/accounts.js';
import { BareTokenClient, credentials } from './support/bare-token.client.js';
import {
  BasicClient,
  LOGIN_FAILED,
  outcome,
  refreshed,
  refusedToken,
  signedIn,
  tokensOf,
  UNVERIFIED,
} from './support/basic.client.js';
import { CookieClient } from './support/cookie.client.js';
import { type Answer, send } from './support/http.js';
import { decode } from './support/jwt.js';
import { OpaqueTokenClient } from './support/opaque-token.client.js';
import { confirm, mailedUrl, mailsTo } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { type Service, startService } from './support/service.js';
import { TokenPairClient } from './support/token-pair.client.js';
import { whole } from './support/whole.js';

const DAY = 24 * 60 * 60;
const MINUTE = 60;
const REVOKED = refusedToken(401, 'Token has been revoked');

let service: Service;
let client: BasicClient;

function use(started: Service): void {
  service = started;
  client = new BasicClient(`${started.url}/basic`);
}

const sweep = (): Promise<void> => service.app.get(HousekeepingService).sweep();
const accountId = (token: string): number => Number(decode(token).claims.sub);

describe('a pending account', () => {
  beforeAll(async () => use(await startService()));
  afterAll(() => service.stop());

  const clients = (): {
    bareToken: BareTokenClient;
    tokenPair: TokenPairClient;
    cookie: CookieClient;
    opaque: OpaqueTokenClient;
  } => ({
    bareToken: new BareTokenClient(`${service.url}/bare-token`),
    tokenPair: new TokenPairClient(service.url, '/token-pair'),
    cookie: new CookieClient(`${service.url}/cookie`),
    opaque: new OpaqueTokenClient(`${service.url}/opaque-token`),
  });

  it('is refused at the login of every contract as if it were unknown or the password wrong, save by basic', async () => {
    const { bareToken, tokenPair, cookie, opaque } = clients();
    const { username, password } = newPerson('Secret1234');
    const { person } = await cookie.newcomer();
    await bareToken.register({ username, password });
    for (const name of [username, person.username])
      await changeAccount(service, { username: name }, { status: 'pending' });

    expect(whole(await bareToken.login({ username, password }))).toEqual({
      status: 401,
      body: { err: 'invalid username or password' },
    });
    expect(whole(await tokenPair.token({ username, password }))).toEqual({
      status: 401,
      body: { detail: 'No active account found with the given credentials' },
    });
    expect(whole(await cookie.login(person))).toEqual({ status: 401, body: { message: 'wrong password' } });
    expect(whole(await opaque.login({ username, email: '', password }))).toEqual({
      status: 400,
      body: { reason: 'Bad login details' },
    });
    expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
  });

  it('is refused at the refresh of every contract', async () => {
    const { bareToken, tokenPair, cookie } = clients();
    const bare = await bareToken.newcomer();
    const pair = await tokenPair.newcomer();
    const baker = await cookie.newcomer();
    for (const { person } of [bare, pair, baker]) await changeAccount(service, person, { status: 'pending' });

    expect(whole(await bareToken.refresh(bare.authToken))).toEqual({ status: 401, body: { err: 'invalid token' } });
    expect(whole(await tokenPair.refresh(pair.refresh))).toEqual({
      status: 401,
      body: { detail: 'Token is blacklisted', code: 'token_not_valid' },
    });
    expect(whole(await cookie.refresh(baker.token))).toEqual({ status: 401, body: { message: 'unauthenticated' } });
    const { tokens } = await client.newcomer();
    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(UNVERIFIED);
  });

  it('signs in nowhere by its e-mail address for a username', async () => {
    const { bareToken, tokenPair } = clients();
    const { person } = await client.newcomer();
    const byEmail = credentials({ ...person, username: person.email });

    expect((await bareToken.login(byEmail)).status).toBe(401);
    expect((await tokenPair.token(byEmail)).status).toBe(401);
  });
});

describe('the sweep of pending accounts', () => {
  beforeEach(async () => {
    use(await startService());
    return () => service.stop();
  });

  it('removes an account that was not verified in 7 days, and frees its address', async () => {
    const { person, tokens } = await client.newcomer();
    expect(await mailsTo(service, person.email)).toHaveLength(1);

    service.advance(7 * DAY - MINUTE);
    await sweep();
    expect(outcome(await client.login(person))).toEqual(UNVERIFIED);
    expect(await mailsTo(service, person.email)).toHaveLength(2);

    service.advance(2 * MINUTE);
    await sweep();
    expect(outcome(await client.login(person))).toEqual(LOGIN_FAILED);

    const again = await client.register(person);
    expect(outcome(again)).toEqual(signedIn(`Account registered for ${person.email}`));
    expect(accountId(tokensOf(again).access_token)).not.toBe(accountId(tokens.access_token));
    expect(await mailsTo(service, person.email)).toHaveLength(3);
  });

  it('ends its tokens, for good', async () => {
    const { person, tokens } = await client.newcomer();
    service.advance(8 * DAY);
    await sweep();

    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(REVOKED);
    use(await service.restart());
    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(REVOKED);
    await client.register(person);
    await confirm(service, person.email);
    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(REVOKED);
  });

  it('ends its links', async () => {
    use(await service.restart({ PENDING_ACCOUNT_DAYS: '1' }));
    const { person } = await client.newcomer();
    // A mail that is under way when the clock moves on is sent once more.
    await mailedUrl(service, person.email);
    service.advance(DAY - MINUTE);
    await client.login(person);
    const url = await mailedUrl(service, person.email);
    service.advance(2 * MINUTE);
    expect((await send('GET', url)).status).toBe(200);

    await sweep();

    expect((await send('GET', url)).status).toBe(410);
    expect((await send('POST', url)).status).toBe(410);
  });

  it('spares an account that was verified at the last moment', async () => {
    const { person } = await client.newcomer();
    service.advance(7 * DAY - MINUTE);
    await client.login(person);
    await confirm(service, person.email);
    service.advance(DAY);

    await sweep();
    const user = await service.app.get(UsersService).findByName('email', person.email);
    // The sweep may have listed it before it was verified.
    await service.app.get(RevocationService).deletePending(user!.id);

    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('spares accounts of other contracts, whose address is not verified either', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person } = await cookie.newcomer();
    service.advance(30 * DAY);

    await sweep();

    expect((await cookie.login(person)).status).toBe(200);
  });
});

describe('EMAIL_VERIFICATION=off', () => {
  beforeEach(async () => {
    use(await startService({ EMAIL_VERIFICATION: 'off' }));
    return () => service.stop();
  });

  it('lets accounts sign in at once, and mails nothing', async () => {
    const { person, tokens } = await client.newcomer();

    expect(decode(tokens.access_token).claims.aud).toBe(service.config.PUBLIC_URL);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(refreshed(person.email));
    expect(await mailsTo(service, person.email)).toEqual([]);
  });

  it('lets accounts of other contracts sign in through basic', async () => {
    const { person } = await new CookieClient(`${service.url}/cookie`).newcomer();

    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('sweeps nobody', async () => {
    const { person } = await client.newcomer();
    service.advance(30 * DAY);

    await sweep();

    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });

  it('opens accounts that were pending when it was switched on', async () => {
    use(await service.restart({ EMAIL_VERIFICATION: 'on' }));
    const { person, tokens } = await client.newcomer();
    expect(outcome(await client.login(person))).toEqual(UNVERIFIED);

    use(await service.restart({ EMAIL_VERIFICATION: 'off' }));

    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(refreshed(person.email));
  });

  it('leaves everybody to verify the address once it is switched on, whatever tokens they hold', async () => {
    const { person, tokens } = await client.newcomer();

    use(await service.restart({ EMAIL_VERIFICATION: 'on' }));
    const answers: Answer[] = [await client.refresh(tokens.refresh_token), await client.login(person)];
    for (const answer of answers) expect(outcome(answer)).toEqual(UNVERIFIED);
    await confirm(service, person.email);

    expect(outcome(await client.refresh(tokens.refresh_token))).toEqual(refreshed(person.email));
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
  });
});

describe('a mailed link', () => {
  it('works after a restart', async () => {
    use(await startService());
    const { person } = await client.newcomer();

    use(await service.restart());

    expect((await confirm(service, person.email)).status).toBe(200);
    await service.stop();
  });
});
