import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import type { AccessTokenClaims } from '../../src/tokens/access-token-claims.js';
import { AccessTokenService } from '../../src/tokens/access-token.service.js';
import { CLOCK_MARGIN_SECONDS, Revocations } from '../../src/tokens/revocations.js';
import { Session } from '../../src/tokens/session.entity.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { CookieClient, UNAUTHENTICATED } from '../support/cookie.client.js';
import { send } from '../support/http.js';
import { decode, forged } from '../support/jwt.js';
import { DONE, OpaqueTokenClient, told, UNAUTHORIZED } from '../support/opaque-token.client.js';
import { IN_BODY, IN_HEADER, PairClient } from '../support/pairs.js';
import { type Service, startService } from '../support/service.js';
import { atTime, recordStatements } from '../support/statements.js';
import { whole } from '../support/whole.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

let service: Service;
let client: PairClient;

beforeAll(async () => {
  service = await startService({ SESSION_MAX_AGE: '2d' });
  client = new PairClient(service.url);
});
afterAll(() => service.stop());

/** Counts how often a signature is about to be checked from now on. */
function countChecks(): () => number {
  const tokens = service.app.get(AccessTokenService);
  const keyFor = tokens.keyFor.bind(tokens);
  let checks = 0;
  tokens.keyFor = (token) => {
    checks++;
    return keyFor(token);
  };
  return () => checks;
}

describe('A protected request', () => {
  beforeEach(() => service.app.get(LastSignIns).flush());

  it('costs no statement, whether its token was seen before or not', async () => {
    const { pair } = await client.newcomer();
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { token } = await cookie.newcomer();
    const statements = recordStatements(service);

    for (const ask of [() => client.getUser(pair.access), () => cookie.me(token)]) {
      for (let times = 0; times < 3; times++) expect((await ask()).status).toBe(200);
    }
    expect(whole(await client.getUser(forged(pair.access)))).toEqual(IN_HEADER.notValid);
    expect(statements).toEqual([]);

    await client.refresh(pair.refresh);
    expect(statements).toHaveLength(1);
  });

  it('pays for the check of its signature once for each token', async () => {
    const { pair } = await client.newcomer();
    const checks = countChecks();

    for (let times = 0; times < 5; times++) expect((await client.getUser(pair.access)).status).toBe(200);

    expect(checks()).toBe(1);
  });
});

describe('The cache of verified tokens', () => {
  it('lets nothing pass that was revoked since', async () => {
    const { person, pair } = await client.newcomer();
    expect((await client.getUser(pair.access)).status).toBe(200);
    const opaque = new OpaqueTokenClient(`${service.url}/opaque-token`);

    expect(told(await opaque.clearTokens(await opaque.session(person)))).toEqual(DONE);

    expect(whole(await client.getUser(pair.access))).toEqual(IN_HEADER.notValid);
  });

  it('lets no cookie pass whose session was ended by logging out', async () => {
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { token } = await cookie.newcomer();
    expect((await cookie.me(token)).status).toBe(200);

    expect((await cookie.logout(token)).status).toBe(204);

    expect(whole(await cookie.me(token))).toEqual(UNAUTHENTICATED);
  });

  it('lets nothing pass of an account that was deactivated or deleted since, and says which', async () => {
    const revocation = service.app.get(RevocationService);
    for (const [act, refusal] of [
      [(id: number) => revocation.deactivate(id), IN_HEADER.inactive],
      [(id: number) => revocation.deleteAccount(id), IN_HEADER.gone],
    ] as const) {
      const { pair } = await client.newcomer();
      expect((await client.getUser(pair.access)).status).toBe(200);

      await act(decode(pair.access).claims.user_id as number);

      expect(whole(await client.getUser(pair.access))).toEqual(refusal);
    }
  });

  it('lets nothing pass that has expired since', async () => {
    const { pair } = await client.newcomer();
    expect((await client.getUser(pair.access)).status).toBe(200);

    service.advance(HOUR);

    expect(whole(await client.getUser(pair.access))).toEqual(IN_HEADER.notValid);
  });

  it('lets nothing pass at another contract', async () => {
    const { pair } = await client.newcomer();
    expect((await client.getUser(pair.access)).status).toBe(200);

    const atBareToken = await send('GET', `${service.url}/bare-token/auth/refresh`, {
      headers: { authorization: pair.access },
    });
    const atCookie = await new CookieClient(`${service.url}/cookie`).me(pair.access);

    expect(whole(atBareToken)).toEqual({ status: 401, body: { err: 'invalid token' } });
    expect(whole(atCookie)).toEqual(UNAUTHENTICATED);
  });

  it('holds no token whose signature did not pass', async () => {
    const { pair } = await client.newcomer();
    await client.getUser(forged(pair.access));
    await client.getUser(pair.refresh);

    const tokens = service.app.get(AccessTokenService);
    expect([forged(pair.access), pair.refresh].map((token) => tokens.recall(token))).toEqual([undefined, undefined]);
  });

  it('is bounded: it forgets what was not used for longest, and checks that again', async () => {
    const { person, pair } = await client.newcomer();
    expect((await client.getUser(pair.access)).status).toBe(200);
    const tokens = service.app.get(AccessTokenService);
    expect(tokens.recall(pair.access)).toMatchObject({ username: person.username });

    for (let index = 0; index < 20_000; index++) tokens.remember(`token ${index}`, {} as AccessTokenClaims);

    expect(tokens.recall(pair.access)).toBeUndefined();
    expect(whole(await client.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });
    expect(tokens.recall(pair.access)).toMatchObject({ username: person.username });
  });
});

describe('The list of ended sessions', () => {
  /** Starts over, so that only the store can tell, and reads how many ends are listed. */
  async function listed(service: Service): Promise<number> {
    await service.app.get(HousekeepingService).sweep();
    return service.app.get(Revocations).size;
  }

  it('is filled at start, and forgets an account once the longest token of before has expired, and not before', async () => {
    const before = await startService();
    const { person, pair } = await new PairClient(before.url).newcomer();
    const opaque = new OpaqueTokenClient(`${before.url}/opaque-token`);
    await opaque.clearTokens(await opaque.session(person));
    const restarted = await before.restart();
    const asked = new PairClient(restarted.url);
    expect(await listed(restarted)).toBe(1);
    expect(whole(await asked.getUser(pair.access))).toEqual(IN_HEADER.notValid);

    restarted.advance(restarted.config.BARE_TOKEN_TTL);
    expect(await listed(restarted)).toBe(1);

    restarted.advance(CLOCK_MARGIN_SECONDS);
    expect(await listed(restarted)).toBe(0);
    expect(whole(await asked.getUser(pair.access))).toEqual(IN_HEADER.notValid);
    expect(whole(await asked.refresh(pair.refresh))).toEqual(IN_BODY.blacklisted);
    await restarted.stop();
  });

  it('forgets a session that was ended alone once the access token of its contract has expired', async () => {
    const started = await startService();
    const { pair } = await new PairClient(started.url).newcomer();
    const { user_id, sid } = decode(pair.access).claims;
    await started.app.get(SessionsService).revokeOf(user_id as number, sid as string, 'signed_out');
    expect(await listed(started)).toBe(1);

    const rows = started.app.get(DataSource).getRepository(Session);
    const { revokedAt } = await rows.findOneByOrFail({ id: sid as string });
    const seconds = started.config.ACCESS_TOKEN_TTL + CLOCK_MARGIN_SECONDS;
    const end = (revokedAt?.getTime() ?? NaN) + seconds * 1000;
    expect(await atTime(started, end - 1, () => listed(started))).toBe(1);
    expect(await atTime(started, end, () => listed(started))).toBe(0);
    await started.stop();
  });

  it('forgets an opaque token that was ended alone after ten seconds', async () => {
    const started = await startService();
    const opaque = new OpaqueTokenClient(`${started.url}/opaque-token`);
    const { person } = await new PairClient(started.url).newcomer();
    const token = await opaque.session(person);
    const [session] = await started.app.get(DataSource).getRepository(Session).findBy({ contract: 'opaque-token' });
    await started.app.get(SessionsService).revokeOf(session!.userId, session!.id, 'signed_out');
    expect(await listed(started)).toBe(1);

    started.advance(10);
    expect(await listed(started)).toBe(0);
    expect(told(await opaque.use(token))).toEqual(UNAUTHORIZED);
    await started.stop();
  });

  it('is not filled with what no token can be alive of, by whichever clock', async () => {
    const before = await startService({ BARE_TOKEN_TTL: '1h' });
    const { pair } = await new PairClient(before.url).newcomer();
    const { user_id } = decode(pair.access).claims;
    await before.app.get(RevocationService).clearTokens(user_id as number);
    before.advance(2 * HOUR);

    const restarted = await before.restart();

    expect(restarted.app.get(Revocations).size).toBe(0);
    await restarted.stop();
  });
});

describe('The row of a session', () => {
  it('stays until a day after the session ended by itself, and is removed then', async () => {
    const { pair: ended } = await client.newcomer();
    service.advance(2 * DAY);
    const { pair: live } = await client.newcomer();
    const rows = (): Promise<(string | undefined)[]> =>
      Promise.all(
        [ended, live].map(async ({ access }) => {
          const id = decode(access).claims.sid as string;
          return (await service.app.get(DataSource).getRepository(Session).findOneBy({ id }))?.id && id;
        }),
      );
    const [first, second] = [ended, live].map(({ access }) => decode(access).claims.sid);

    service.advance(DAY - 60);
    await service.app.get(HousekeepingService).sweep();
    expect(await rows()).toEqual([first, second]);

    service.advance(120);
    await service.app.get(HousekeepingService).sweep();
    expect(await rows()).toEqual([undefined, second]);
  });
});
