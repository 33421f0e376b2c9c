import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs } from '../support/account.client.js';
import { ON_SQLITE, type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ ...ON_SQLITE, SESSIONS_PER_ACCOUNT: '1' });
});
afterAll(() => service.stop());

describe('An account of which very many sessions were ended all at once', () => {
  it('costs its list, the end of the others and a sign-in no look at those', async () => {
    const client = new AccountClient(() => service, tokenPair);
    const { person } = await client.newcomer();
    const store = service.app.get(DataSource);
    const sent: [statement: string, parameters: unknown[]][] = [];
    Object.assign(store.logger, {
      logQuery: (statement: string, parameters: unknown[]) => void sent.push([statement, parameters]),
    });
    // It ends the session before.
    const holder = await client.signIn(person);
    await askAs(service, holder, 'GET', '/account/sessions');
    await askAs(service, holder, 'DELETE', '/account/sessions');

    const asked = sent.filter(([statement]) => /\bsessions\b/.test(statement) && !/^(EXPLAIN|BEGIN)/.test(statement));
    const details: string[] = [];
    for (const [statement, parameters] of asked)
      for (const { detail } of await store.query<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${statement}`, parameters))
        if (/(SCAN|SEARCH) (\w+ AS )?sessions\b/.test(detail)) details.push(detail);

    expect(details.filter((detail) => detail.includes('(user_id=? AND security_epoch=?)')).length).toBeGreaterThan(3);
    expect(details.filter((detail) => /SCAN|\(user_id=\?\)/.test(detail))).toEqual([]);
  });
});
