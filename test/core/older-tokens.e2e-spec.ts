import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { Revocations } from '../../src/tokens/revocations.js';
import { Session } from '../../src/tokens/session.entity.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { type Service, startService } from '../support/service.js';
import { recordStatements } from '../support/statements.js';
import { whole } from '../support/whole.js';

const HOUR = 3600;
const MARGIN = 301;
const DAY = 86_400;

let service: Service;
const client = new AccountClient(() => service, bareToken);

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const ask = async (holder: Holder): Promise<object> => whole(await client.ask(bareToken.guarded(holder.token)));
const signOut = (holder: Holder): Promise<unknown> => askAs(service, holder, 'DELETE', '/account/sessions/current');

describe('A token that is older than ends of sessions are listed', () => {
  it('is refused if its session was ended, though memory has forgotten that, before and after a restart', async () => {
    const [seen, unseen] = [await client.newcomer(), await client.newcomer()];
    await ask(seen);
    await signOut(seen);
    await signOut(unseen);
    expect(service.app.get(Revocations).size).toBe(2);

    service.advance(HOUR + MARGIN);
    await service.app.get(HousekeepingService).sweep();

    expect(service.app.get(Revocations).size).toBe(0);
    for (const holder of [seen, unseen]) expect(await ask(holder)).toEqual(bareToken.refusals.forgedToken);
    service = await service.restart();
    expect(service.app.get(Revocations).size).toBe(0);
    for (const holder of [seen, unseen]) expect(await ask(holder)).toEqual(bareToken.refusals.forgedToken);
  });

  it('is looked up once an hour, and else passes without the store', async () => {
    const holder = await client.newcomer();
    service.advance(HOUR);
    const passed = bareToken.passed(holder.person);
    const statements = recordStatements(service);
    expect(await ask(holder)).toEqual(passed);
    const atFirst = statements.length;
    for (let i = 0; i < 5; i++) expect(await ask(holder)).toEqual(passed);
    // The route reads the account itself.
    expect([atFirst, statements.length]).toEqual([2, 7]);

    service.advance(HOUR);
    expect(await ask(holder)).toEqual(passed);
    expect(statements).toHaveLength(9);
  });

  it('is refused at once when its session ends after it was looked up, and also an hour later', async () => {
    const holder = await client.newcomer();
    service.advance(2 * HOUR);
    expect(await ask(holder)).toEqual(bareToken.passed(holder.person));
    await signOut(holder);
    expect(await ask(holder)).toEqual(bareToken.refusals.forgedToken);
    service.advance(HOUR + MARGIN);
    await service.app.get(HousekeepingService).sweep();
    expect(await ask(holder)).toEqual(bareToken.refusals.forgedToken);
  });
});

describe('The row of a session that was ended', () => {
  it('goes a day after the last access token that it can have', async () => {
    const holder = await client.newcomer();
    const { sessionId: id } = await idsOf(service, holder);
    await signOut(holder);
    const rows = service.app.get(DataSource).getRepository(Session);
    service.advance(bareToken.lifetime + DAY - 60);
    await service.app.get(HousekeepingService).sweep();
    expect(await rows.countBy({ id })).toBe(1);
    service.advance(120);
    await service.app.get(HousekeepingService).sweep();
    expect(await rows.countBy({ id })).toBe(0);
  });
});
