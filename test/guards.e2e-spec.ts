import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthModule } from '../src/auth/auth.module.js';
import { AccessTokenGuard } from '../src/auth/guards/access-token.guard.js';
import { AdminGuard } from '../src/auth/guards/admin.guard.js';
import { PinGuard } from '../src/auth/guards/pin.guard.js';
import { COOKIE } from '../src/contracts/cookie/cookie.contract.js';
import { AUTH_ERRORS, type AuthErrorCode } from '../src/errors/auth-error.js';
import { changeAccount, deactivate } from './support/accounts.js';
import { CookieClient, type SignedIn } from './support/cookie.client.js';
import { withCookie } from './support/cookies.js';
import { type Answer, send } from './support/http.js';
import { forged } from './support/jwt.js';
import { type Service, startService } from './support/service.js';
import { whole } from './support/whole.js';

const REAUTH_SECONDS = 600;
const PROOF_SECONDS = 300;
const LOCK_SECONDS = 900;

/** Routes behind the guards that no route of the service has yet. */
@Controller('probe')
class ProbeController {
  @Get('pin')
  @UseGuards(AccessTokenGuard(COOKIE), PinGuard)
  readWithPin(): object {
    return { passed: 'pin' };
  }

  @Post('admin')
  @UseGuards(AccessTokenGuard(COOKIE), AdminGuard)
  actAsAdmin(): object {
    return { passed: 'admin' };
  }

  @Get('both')
  @UseGuards(AccessTokenGuard(COOKIE), AdminGuard, PinGuard)
  readAsAdminWithPin(): object {
    return { passed: 'both' };
  }
}

@Module({ imports: [AuthModule], controllers: [ProbeController] })
class ProbeModule {}

let service: Service;
let client: CookieClient;

beforeAll(async () => {
  service = await startService({}, { further: [ProbeModule] });
  client = new CookieClient(service.url);
});

afterAll(() => service.stop());

/** A refusal by a guard, whole. */
function refusal(status: number, code: AuthErrorCode): object {
  return { status, body: { type: 'about:blank', title: AUTH_ERRORS[code], status, code } };
}

async function newAdmin(): Promise<SignedIn> {
  const { person } = await client.newcomer();
  await changeAccount(service, person, { isAdmin: true });
  const { id } = (await client.login(person)).json as { id: number };
  return { id, person, token: await client.session(person) };
}

describe('PinGuard', () => {
  const PASSED = { status: 200, body: { passed: 'pin' } };
  const PROOF_REQUIRED = refusal(403, 'pin_proof_required');
  const WRONG = refusal(403, 'pin_wrong');
  const LOCKED = refusal(429, 'pin_locked');

  const ask = (token: string, pin?: string): Promise<Answer> =>
    send('GET', `${service.url}/probe/pin`, { headers: { ...withCookie(token), ...(pin && { 'x-pin': pin }) } });
  const asked = async (token: string, pin?: string): Promise<object> => whole(await ask(token, pin));

  /** Somebody with the PIN `PIN2`. */
  async function withPin(): Promise<SignedIn> {
    const signedIn = await client.newcomer();
    await client.setPin(signedIn.token, { pin: 'PIN2' });
    return signedIn;
  }

  it('stands behind the token guard: without a valid token there is nothing to prove', async () => {
    const { token } = await withPin();

    expect(whole(await send('GET', `${service.url}/probe/pin`, { headers: { 'x-pin': 'PIN2' } }))).toEqual(
      refusal(401, 'token_missing'),
    );
    expect(await asked(forged(token), 'PIN2')).toEqual(refusal(401, 'token_forged'));
  });

  it('lets an account pass that has no PIN, whatever it proves', async () => {
    const { token } = await client.newcomer();

    expect(await asked(token)).toEqual(PASSED);
    expect(await asked(token, 'PIN2')).toEqual(PASSED);
  });

  it('takes a sign-in for no proof, however recent', async () => {
    const { person, token } = await withPin();

    expect(await asked(token)).toEqual(PROOF_REQUIRED);
    expect(await asked(await client.session(person))).toEqual(PROOF_REQUIRED);
  });

  it('lets a request pass that carries the right PIN as X-Pin, and refuses a wrong one', async () => {
    const { token } = await withPin();

    expect(await asked(token, 'PIN3')).toEqual(WRONG);
    expect(await asked(token)).toEqual(PROOF_REQUIRED);
    expect(await asked(token, 'PIN2')).toEqual(PASSED);
  });

  it('remembers a proof for 5 minutes, in its session only', async () => {
    const { person, token } = await withPin();
    const elsewhere = await client.session(person);
    await ask(token, 'PIN2');

    expect(await asked(token)).toEqual(PASSED);
    expect(await asked(elsewhere)).toEqual(PROOF_REQUIRED);
    service.advance(PROOF_SECONDS - 10);
    expect(await asked(token)).toEqual(PASSED);
    service.advance(11);
    expect(await asked(token)).toEqual(PROOF_REQUIRED);
  });

  it('refuses a wrong PIN even while an earlier proof counts', async () => {
    const { token } = await withPin();
    await ask(token, 'PIN2');

    expect(await asked(token, 'PIN3')).toEqual(WRONG);
    expect(await asked(token)).toEqual(PASSED);
  });

  it('forgets the wrong PINs when the right one comes', async () => {
    const { token } = await withPin();
    for (let round = 1; round <= 3; round++) {
      for (let tries = 1; tries <= 4; tries++) expect(await asked(token, 'WRONG')).toEqual(WRONG);
      expect(await asked(token, 'PIN2')).toEqual(PASSED);
    }
  });

  it('accepts a proof that was given to change the PIN', async () => {
    const { token } = await withPin();
    service.advance(REAUTH_SECONDS + 1);
    await client.setPin(token, { pin: 'PIN3' }, { 'x-pin': 'PIN2' });

    expect(await asked(token)).toEqual(PASSED);
  });

  it('counts wrong PINs before it compares them, together with those of the contract, and locks after five', async () => {
    const { token } = await withPin();
    await client.setPin(token, { pin: 'PIN3' }, { 'x-pin': 'WRONG' });
    await client.setPin(token, { pin: 'PIN3' }, { 'x-pin': 'WRONG' });

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(token, 'WRONG')));
    const rightButLate = await ask(token, 'PIN2');

    const compared = answers.filter(({ status }) => status === 403);
    const locked = [...answers.filter(({ status }) => status !== 403), rightButLate];
    expect(compared.map(whole)).toEqual(Array.from({ length: 3 }, () => WRONG));
    expect(locked.map(whole)).toEqual(Array.from({ length: 18 }, () => LOCKED));
    for (const { headers } of locked) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(LOCK_SECONDS - 10);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(LOCK_SECONDS);
    }

    service.advance(LOCK_SECONDS + 1);
    expect(await asked(token, 'PIN2')).toEqual(PASSED);
  });
});

describe('AdminGuard', () => {
  const PASSED = { status: 200, body: { passed: 'both' } };
  const ADMIN_REQUIRED = refusal(403, 'admin_required');

  const act = (token: string): Promise<Answer> =>
    send('POST', `${service.url}/probe/admin`, { headers: withCookie(token) });
  const acted = async (token: string): Promise<object> => whole(await act(token));

  it('stands behind the token guard', async () => {
    const { token } = await newAdmin();

    expect(whole(await send('POST', `${service.url}/probe/admin`))).toEqual(refusal(401, 'token_missing'));
    expect(await acted(forged(token))).toEqual(refusal(401, 'token_forged'));
  });

  it('lets an administrator pass', async () => {
    const { token } = await newAdmin();
    expect(await acted(token)).toEqual({ status: 201, body: { passed: 'admin' } });
  });

  it('refuses anybody else', async () => {
    const { token } = await client.newcomer();
    expect(await acted(token)).toEqual(ADMIN_REQUIRED);
  });

  it('refuses an administrator who was demoted after signing in, whatever the token says', async () => {
    const { person, token } = await newAdmin();
    await changeAccount(service, person, { isAdmin: false });

    expect((await client.me(token)).json).toMatchObject({ is_admin: true });
    expect(await acted(token)).toEqual(ADMIN_REQUIRED);
  });

  it('lets an account pass that was made an administrator after signing in, whatever the token says', async () => {
    const { person, token } = await client.newcomer();
    await changeAccount(service, person, { isAdmin: true });

    expect((await client.me(token)).json).toMatchObject({ is_admin: false });
    expect(await acted(token)).toEqual({ status: 201, body: { passed: 'admin' } });
  });

  it('refuses an administrator who was deactivated after signing in', async () => {
    const { person, token } = await newAdmin();
    await deactivate(service, person);
    expect(await acted(token)).toEqual(refusal(401, 'token_account_deactivated'));
  });

  it.each(['deactivated', 'pending'] as const)(
    'refuses a %s administrator whose token still counts',
    async (status) => {
      const { person, token } = await newAdmin();
      await changeAccount(service, person, { status });

      expect((await client.me(token)).status).toBe(200);
      expect(await acted(token)).toEqual(ADMIN_REQUIRED);
    },
  );

  it('stands beside PinGuard, which an administrator with a PIN has to pass too', async () => {
    const { token } = await newAdmin();
    const both = async (headers = {}): Promise<object> =>
      whole(await send('GET', `${service.url}/probe/both`, { headers: { ...withCookie(token), ...headers } }));

    expect(await both()).toEqual(PASSED);
    await client.setPin(token, { pin: 'PIN2' });
    expect(await both()).toEqual(refusal(403, 'pin_proof_required'));
    expect(await both({ 'x-pin': 'PIN2' })).toEqual(PASSED);
    expect(await both()).toEqual(PASSED);
  });
});
