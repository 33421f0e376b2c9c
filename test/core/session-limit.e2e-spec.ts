import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionActivity } from '../../src/auth/sessions/session-activity.js';
import { Session } from '../../src/tokens/session.entity.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

const LIMIT = 3;

let service: Service;
const client = new AccountClient(() => service, tokenPair);

beforeAll(async () => {
  service = await startService({ SESSIONS_PER_ACCOUNT: String(LIMIT) });
});
afterAll(() => service.stop());

/** Somebody with as many sessions as the limit allows, opened two minutes apart. */
async function full(): Promise<[Holder, Holder, Holder]> {
  const first = await client.newcomer();
  const others: Holder[] = [];
  for (let n = 1; n < LIMIT; n++) {
    service.advance(120);
    others.push(await client.signIn(first.person));
  }
  service.advance(120);
  return [first, ...others] as [Holder, Holder, Holder];
}

const isOpen = async (holder: Holder): Promise<boolean> =>
  (await client.ask(tokenPair.guarded(holder.token))).status === 200;

describe('One sign-in more than SESSIONS_PER_ACCOUNT', () => {
  it('ends the session whose last use is longest ago, and no other', async () => {
    const holders = await full();
    const [first, second, third] = holders;
    const { sessionId } = await idsOf(service, second);
    await service.app.get(SessionActivity).flush();
    service.advance(120);
    await client.ask(tokenPair.refresh!(third.signedIn));
    await askAs(service, first, 'GET', '/account');
    await service.app.get(SessionActivity).flush();

    const fourth = await client.signIn(first.person);

    expect(await Promise.all([...holders, fourth].map(isOpen))).toEqual([true, false, true, true]);
    expect(whole(await client.ask(tokenPair.guarded(second.token)))).toEqual(tokenPair.refusals.forgedToken);
    const refreshed = await client.ask(tokenPair.refresh!(second.signedIn));
    expect(refreshed.status).toBe(401);
    const row = await service.app.get(DataSource).getRepository(Session).findOneByOrFail({ id: sessionId });
    // Whoever signs in all the time leaves nothing but what is needed to refuse a token.
    expect(row).toMatchObject({ revokedBecause: 'session_limit', ip: null, userAgent: null });
  });

  it('leaves the new session and the limit, of many at once', async () => {
    const holders = await full();
    const opened = await Promise.all(Array.from({ length: 12 }, () => client.signIn(holders[0].person)));

    const open = await Promise.all([...holders, ...opened].map(isOpen));

    expect(open.filter(Boolean).length).toBeLessThanOrEqual(LIMIT);
    expect(open.filter(Boolean).length).toBeGreaterThan(0);
    const last = await client.signIn(holders[0].person);
    expect(await isOpen(last)).toBe(true);
  });

  it('counts no session that was ended or has expired', async () => {
    const [first, second] = await full();
    await askAs(service, second, 'DELETE', '/account/sessions/current');
    await client.signIn(first.person);

    expect(await isOpen(first)).toBe(true);
  });
});
