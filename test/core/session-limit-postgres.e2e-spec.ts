import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { SessionsService } from '../../src/tokens/sessions.service.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, type Holder, idsOf } from '../support/account.client.js';
import { type Connection, type Postgres, startPostgres } from '../support/postgres.js';
import { type Service, startService } from '../support/service.js';

let postgres: Postgres;
let service: Service;
let other: Connection;

beforeAll(async () => {
  postgres = await startPostgres();
  service = await startService({ ...(await postgres.createDatabase('session_limit')), SESSIONS_PER_ACCOUNT: '2' });
  other = await postgres.connect('session_limit');
});
afterAll(async () => {
  await other.end();
  await service.stop();
  await postgres.stop();
});

it('One sign-in more than SESSIONS_PER_ACCOUNT ends a session also if the use of all others is being noted', async () => {
  const client = new AccountClient(() => service, tokenPair);
  const first = await client.newcomer();
  const second = await client.signIn(first.person);
  const { accountId } = await idsOf(service, first);
  await other.query('BEGIN');
  await other.query('UPDATE sessions SET last_seen_at = now() WHERE user_id = $1', [accountId]);
  const sessions: { end: () => Promise<number> } = service.app.get(SessionsService);
  const ending = vi.spyOn(sessions, 'end');
  onTestFinished(() => ending.mockRestore());

  const signingIn = client.signIn(first.person);
  await expect.poll(() => ending.mock.results.length).toBeGreaterThan(0);
  expect(await ending.mock.results[0]?.value).toBe(0);
  await other.query('COMMIT');
  const third = await signingIn;

  const isOpen = async ({ token }: Holder): Promise<boolean> =>
    (await client.ask(tokenPair.guarded(token))).status === 200;
  expect((await Promise.all([first, second].map(isOpen))).filter(Boolean)).toEqual([true]);
  expect(await isOpen(third)).toBe(true);
});
