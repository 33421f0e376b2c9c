import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionActivity } from '../../src/auth/sessions/session-activity.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { basic } from '../drivers/basic.driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { type Service, startService } from '../support/service.js';
import { atOneTime, recordStatements } from '../support/statements.js';

/** A session's last use is written at most so often. */
const MINUTE = 60;

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const clientOf = (driver: Driver): AccountClient => new AccountClient(() => service, driver);
const flush = (): Promise<void> => service.app.get(SessionActivity).flush();

async function lastSeen(sessionId: string): Promise<number> {
  const rows = service.app.get(DataSource).getRepository(Session);
  return (await rows.findOneByOrFail({ id: sessionId })).lastSeenAt.getTime();
}

/** Somebody whose session was used a moment ago, and that was written. */
async function seen(driver: Driver): Promise<{ holder: Holder; sessionId: string; seenAt: number }> {
  const holder = await clientOf(driver).newcomer();
  const { sessionId } = await idsOf(service, holder);
  await flush();
  return { holder, sessionId, seenAt: await lastSeen(sessionId) };
}

describe('the time when a session was last seen', () => {
  it.each(DRIVERS)(
    'is that of the last use of its $name token at the native API, exact to a minute',
    async (driver) => {
      const { holder, sessionId, seenAt } = await seen(driver);
      const use = async (afterSeconds: number): Promise<number> => {
        service.advance(afterSeconds);
        await askAs(service, holder, 'GET', '/account');
        await flush();
        return ((await lastSeen(sessionId)) - seenAt) / 1000;
      };
      expect(await use(MINUTE - 10)).toBe(0);
      const later = await use(11);
      expect(later).toBeGreaterThan(MINUTE);
      expect(await use(MINUTE - 10)).toBe(later);
      expect(await use(11)).toBeGreaterThan(later + MINUTE);
    },
  );

  it.each(DRIVERS.filter((driver) => driver !== basic))(
    "is that of the last use of its token at $name's own route",
    async (driver) => {
      const { holder, sessionId, seenAt } = await seen(driver);
      service.advance(2 * MINUTE);
      await clientOf(driver).ask(driver.guarded(holder.token));
      await flush();
      expect(await lastSeen(sessionId)).toBeGreaterThan(seenAt + MINUTE * 1000);
    },
  );

  it('is that of the last refresh by basic', async () => {
    const { holder, sessionId, seenAt } = await seen(basic);
    service.advance(2 * MINUTE);
    expect((await clientOf(basic).ask(basic.guarded(basic.credential(holder.signedIn)))).status).toBe(200);
    await flush();
    expect(await lastSeen(sessionId)).toBeGreaterThan(seenAt + MINUTE * 1000);
  });

  it('is not moved by a rotation of token-pair, so that nobody learns from it when the owner refreshes', async () => {
    const { holder, sessionId, seenAt } = await seen(tokenPair);
    service.advance(2 * MINUTE);
    expect((await clientOf(tokenPair).ask(tokenPair.refresh?.(holder.signedIn) as Request)).status).toBe(200);
    await flush();
    expect(await lastSeen(sessionId)).toBe(seenAt);
  });

  it('is not moved by a token that is refused', async () => {
    const { holder, sessionId, seenAt } = await seen(cookie);
    await askAs(service, holder, 'DELETE', '/account/sessions/current');
    service.advance(2 * MINUTE);
    expect((await askAs(service, holder, 'GET', '/account')).status).toBe(401);
    await flush();
    expect(await lastSeen(sessionId)).toBe(seenAt);
  });

  it('is shown in the list of sessions, to the minute', async () => {
    const { holder, sessionId } = await seen(cookie);
    service.advance(10 * MINUTE);
    await askAs(service, holder, 'GET', '/account');
    await flush();
    const { json } = await askAs(service, holder, 'GET', '/account/sessions');
    const shown = (json as { sessions: { id: string; last_seen_at: string }[] }).sessions.find(
      ({ id }) => id === sessionId,
    );
    const exact = await lastSeen(sessionId);
    expect(Date.parse(shown?.last_seen_at ?? '')).toBe(exact - (exact % (MINUTE * 1000)));
  });

  it('is written when the service stops', async () => {
    const { holder, sessionId, seenAt } = await seen(cookie);
    service.advance(10 * MINUTE);
    await askAs(service, holder, 'GET', '/account');
    service = await service.restart();
    expect(await lastSeen(sessionId)).toBeGreaterThan(seenAt + 9 * MINUTE * 1000);
  });
});

describe('a protected request', () => {
  /** The statements on sessions while requests are answered, apart from what is written beside them. */
  const statementsOf = async (driver: Driver, requests: number): Promise<string[]> => {
    const { holder } = await seen(driver);
    service.advance(2 * MINUTE);
    return atOneTime(service, async () => {
      if (driver === opaqueToken) await clientOf(driver).ask(driver.guarded(holder.token));
      const statements = recordStatements(service);
      for (let count = 0; count < requests; count++) await clientOf(driver).ask(driver.guarded(holder.token));
      return statements.filter((statement) => /\bsessions\b/.test(statement));
    });
  };

  it.each(DRIVERS.filter(({ name }) => name === 'token-pair' || name === 'cookie'))(
    'with a token of $name asks nothing of the sessions, even when its use is to be noted',
    async (driver) => {
      expect(await statementsOf(driver, 5)).toEqual([]);
    },
  );

  it('with an opaque token that was admitted a moment ago asks nothing of the sessions', async () => {
    expect(await statementsOf(opaqueToken, 5)).toEqual([]);
  });

  it('with an opaque token reads its session again after five seconds, and writes no last use', async () => {
    const { holder } = await seen(opaqueToken);
    service.advance(5);
    const statements = recordStatements(service);
    await atOneTime(service, async () => {
      for (let count = 0; count < 3; count++) await clientOf(opaqueToken).ask(opaqueToken.guarded(holder.token));
    });
    const ofSessions = statements.filter((statement) => /\bsessions\b/.test(statement));
    expect(ofSessions).toEqual([expect.stringMatching(/^SELECT/)]);
  });

  it('of many sessions is noted in one statement', async () => {
    const client = clientOf(cookie);
    const { person } = await client.newcomer();
    const holders = await Promise.all(Array.from({ length: 10 }, () => client.signIn(person)));
    await flush();
    service.advance(2 * MINUTE);
    const statements = recordStatements(service, true);
    for (const holder of holders) await client.ask(cookie.guarded(holder.token));
    await flush();
    await flush();
    const noted = statements.filter((statement) => statement.startsWith('UPDATE sessions SET last_seen_at'));
    // The flush of the clock may come between, and its statement takes some.
    expect([1, 2]).toContain(noted.length);
  });

  it('is answered while the store takes no last uses, and the log tells', async () => {
    const { holder } = await seen(cookie);
    service.advance(2 * MINUTE);
    expect((await clientOf(cookie).ask(cookie.guarded(holder.token))).status).toBe(200);
    const sessions = service.app.get(SessionsService);
    Object.defineProperty(sessions, 'noteSeen', { value: () => Promise.reject(new Error('full')), configurable: true });
    await flush();
    Reflect.deleteProperty(sessions, 'noteSeen');
    expect(service.log.map(({ msg }) => msg)).toContain('Last uses of sessions could not be written.');
    expect((await clientOf(cookie).ask(cookie.guarded(holder.token))).status).toBe(200);
  });
});
