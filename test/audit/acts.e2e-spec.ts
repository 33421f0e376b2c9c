import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Admin, newAdmin } from '../support/admins.js';
import { CookieClient } from '../support/cookie.client.js';
import { decode } from '../support/jwt.js';
import { OpaqueTokenClient } from '../support/opaque-token.client.js';
import { PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';

let service: Service;
let admin: Admin;

beforeAll(async () => {
  service = await startService({ REFRESH_GRACE: '0' });
  admin = await newAdmin(service);
});
afterAll(() => service.stop());

/** What was done to an account since it registered and signed in, oldest first. */
async function story(accountId: number): Promise<unknown[]> {
  const events = (await admin.events(`account=${accountId}`)).toReversed();
  for (const { kind, account_id, actor_id, refusal } of events)
    expect([kind, account_id, actor_id]).toEqual([
      kind,
      accountId,
      // Whoever failed to sign in, or used a stolen token, is not known to be the account.
      kind === 'refresh_token_reused' || (kind === 'signed_in' && refusal !== null) ? null : accountId,
    ]);
  return events.map(({ kind, refusal, door, session_id }) => [kind, refusal, door, session_id]);
}

describe('The audit trail', () => {
  it('has the reuse of a refresh token', async () => {
    const pairs = new PairClient(service.url);
    const { pair } = await pairs.newcomer();
    const { sid, sub } = decode(pair.access).claims as { sid: string; sub: string };
    await pairs.refresh(pair.refresh);
    await pairs.refresh(pair.refresh);
    expect(await story(Number(sub))).toEqual([
      ['registered', null, 'token-pair', null],
      ['signed_in', null, 'token-pair', sid],
      ['refresh_token_reused', 'refresh_token_reused', 'token-pair', sid],
    ]);
  });

  it('has PINs that are set, given rightly and wrongly, and locked, those alike as one with a count', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { id, token } = await cookie.newcomer();
    const sid = decode(token).claims.sid as string;
    await cookie.setPin(token, { pin: 'PIN2' });
    await cookie.setPin(token, { pin: 'PIN3' }, { 'x-pin': 'PIN2' });
    for (let n = 0; n < 5; n++) await cookie.setPin(token, { pin: 'PIN4' }, { 'x-pin': 'WRONG' });
    for (let n = 0; n < 3; n++) await cookie.setPin(token, { pin: 'PIN4' }, { 'x-pin': 'PIN3' });
    service.advance(300);
    const counts = (await trailOf(service, id, 'pin_proved')).map(({ refusal, count }) => [refusal, count]);
    expect(counts.slice(1)).toEqual([
      ['pin_wrong', 1],
      ['pin_locked', 1],
      ['pin_wrong', 4],
      ['pin_locked', 2],
    ]);
    const wrong = [
      ['pin_proved', 'pin_wrong', 'cookie', sid],
      ['pin_set', 'pin_wrong', 'cookie', sid],
    ];
    const locked = [
      ['pin_proved', 'pin_locked', 'cookie', sid],
      ['pin_set', 'pin_locked', 'cookie', sid],
    ];
    const events = await story(id);
    expect(events.slice(2)).toEqual([
      ['pin_set', null, 'cookie', sid],
      ['pin_proved', null, 'cookie', sid],
      ['pin_set', null, 'cookie', sid],
      ...[wrong, locked, wrong, locked].flat(),
    ]);
  });

  it('has changes of a password and their refusals, sign-outs, and the end of all sessions', async () => {
    const opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);
    const { person, token } = await opaque.newcomer();
    const { users } = (await admin.get(`/admin/users?query=${person.username}`)).json as { users: [{ id: number }] };
    const id = users[0].id;
    await opaque.changePassword(token, 'NotMyPassword1', 'OtherPassword1');
    await opaque.changePassword(token, person.password, 'OtherPassword1');
    await opaque.clearTokens(token);
    const events = await story(id);
    const sid = (events[1] as unknown[])[3];
    expect(events).toEqual([
      ['registered', null, 'opaque-token', null],
      ['signed_in', null, 'opaque-token', expect.any(String)],
      ['password_changed', 'current_password_wrong', 'opaque-token', sid],
      ['password_changed', null, 'opaque-token', sid],
      ['tokens_cleared', null, 'opaque-token', null],
    ]);

    const cookie = new CookieClient(`${service.url}/cookie`);
    const visitor = await cookie.newcomer();
    await cookie.logout(visitor.token);
    expect((await story(visitor.id)).at(-1)).toEqual(['signed_out', null, 'cookie', decode(visitor.token).claims.sid]);
  });
});
