import { join } from 'node:path';
import Database from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { AuditLog } from '../../src/audit/audit-log.js';
import { freeze, isFrozenFile, thaw } from '../../src/database/freeze.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, idsOf } from '../support/account.client.js';
import { type Answer, send } from '../support/http.js';
import { ON_SQLITE, type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

let service: Service;
let database: Database.Database;

beforeAll(async () => {
  service = await startService(ON_SQLITE);
  database = new Database(join(service.dataDir, 'latchkey.db'));
});
afterEach(() => thaw(database));
afterAll(async () => {
  database.close();
  await service.stop();
});

/** Freezes the database of the running service behind its back, as `latchkey copy` does. */
function freezeAll(): void {
  freeze(
    database,
    service.app.get(DataSource).entityMetadatas.map(({ tableName }) => tableName),
  );
}

function ask({ name }: Driver, { method, path, ...sending }: ReturnType<Driver['signIn']>): Promise<Answer> {
  return send(method, `${service.url}/${name}${path}`, sending);
}

describe.each(DRIVERS)('$name while the database is frozen', (driver) => {
  it('answers 503 in its own words to whatever would write, and when to try again', async () => {
    const { person } = await new AccountClient(() => service, driver).newcomer();
    freezeAll();
    for (const request of [driver.registration(driver.newPerson()), driver.signIn(person)]) {
      const answer = await ask(driver, request);
      expect(whole(answer)).toEqual({ ...driver.refusals.storeFailing });
      expect(answer.headers['retry-after']).toBe('5');
    }
    thaw(database);
    expect((await ask(driver, driver.signIn(person))).status).toBe(200);
  });

  it('goes on to accept its tokens, also after minutes', async () => {
    const holder = await new AccountClient(() => service, driver).newcomer();
    const before = await idsOf(service, holder);
    freezeAll();
    service.advance(120);
    expect(await idsOf(service, holder)).toEqual(before);
  });
});

describe('a frozen database', () => {
  it('costs the audit trail nothing once it takes writes again', async () => {
    const { app } = service;
    freezeAll();
    const kind = 'client_created';
    const from = { door: 'a test of freezing', ip: null, userAgent: undefined, requestId: null };
    app.get(AuditLog).record({ kind, from });
    await app.get(AuditLog).flush();
    const events = app.get(DataSource).getRepository(AuditEvent);
    expect(await events.countBy({ door: from.door })).toBe(0);
    thaw(database);
    await app.get(AuditLog).flush();
    expect(await events.countBy({ door: from.door })).toBe(1);
  });

  it('may be frozen twice, and takes writes again after one thaw', () => {
    freezeAll();
    freezeAll();
    expect(isFrozenFile(database)).toBe(true);
    thaw(database);
    thaw(database);
    expect(isFrozenFile(database)).toBe(false);
  });
});
