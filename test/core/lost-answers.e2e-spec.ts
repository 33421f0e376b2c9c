import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Sql } from '../../src/database/sql.js';
import { AccessTokenService } from '../../src/tokens/access-token.service.js';
import { RevocationFeed } from '../../src/tokens/revocation-feed.js';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { bothEngines } from '../support/engines.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { PairClient } from '../support/pairs.js';
import { type Environment, type Service, startService } from '../support/service.js';

describe.each(bothEngines('lost_answers'))('A revocation whose answer was lost on $engine', ({ settings }) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(await settings());
  });
  afterAll(() => service.stop());
  afterEach(() => vi.restoreAllMocks());

  it('counts once the store has answered again, though there is nothing left to revoke', async () => {
    const { pair } = await new PairClient(service.url).newcomer();
    const headers = { authorization: `Bearer ${pair.access}` };
    loseRevocations(service.app.get(Sql));
    const signOut = (): ReturnType<typeof send> =>
      send('DELETE', `${service.url}/account/sessions/current`, { headers });
    expect((await signOut()).status).toBe(503);
    vi.restoreAllMocks();

    await signOut();

    expect((await send('GET', `${service.url}/account`, { headers })).status).toBe(401);
  });

  it('counts also if the store answers again only after minutes', async () => {
    const { pair } = await new PairClient(service.url).newcomer();
    const headers = { authorization: `Bearer ${pair.access}` };
    loseRevocations(service.app.get(Sql));
    const signOut = (): ReturnType<typeof send> =>
      send('DELETE', `${service.url}/account/sessions/current`, { headers });
    expect((await signOut()).status).toBe(503);
    vi.restoreAllMocks();

    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 120_000);
    service.advance(120);
    await signOut();

    expect((await send('GET', `${service.url}/account`, { headers })).status).toBe(401);
  });
});

/** Commits each revocation, and loses the answer. */
function loseRevocations(sql: Sql): void {
  const rows = sql.rows.bind(sql);
  vi.spyOn(sql, 'rows').mockImplementation(async (statement, parameters) => {
    const answer = await rows(statement, parameters);
    if (!statement.includes('UPDATE sessions SET revoked_at')) return answer;
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  });
}

describe.each(bothEngines('elsewhere').slice(1))(
  'A session that another instance revoked on $engine',
  ({ settings }) => {
    let env: Environment;
    let one: Service;
    let other: Service;
    beforeAll(async () => {
      env = await settings();
      one = await startService(env);
      other = await startService(env);
    });
    afterAll(async () => {
      await other.stop();
      await one.stop();
    });

    it('is refused from the next look at the store on', async () => {
      const { pair } = await new PairClient(other.url).newcomer();
      const verified = (): Promise<string> =>
        one.app
          .get(AccessTokenService)
          .verify(pair.access, undefined)
          .then(
            () => 'passes',
            ({ code }: { code: string }) => code,
          );
      await one.app.get(RevocationFeed).poll();
      expect(await verified()).toBe('passes');
      await other.app.get(SessionsService).revoke(decode(pair.access).claims.sid as string, 'signed_out');

      await one.app.get(RevocationFeed).poll();

      expect(await verified()).toBe('token_revoked');
      expect(one.app.get(RevocationFeed).ageSeconds).toBeLessThan(2);
    });
  },
);
