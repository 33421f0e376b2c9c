import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { Usage } from '../../src/audit/usage.js';
import { LastSignIns } from '../../src/auth/last-sign-ins.js';
import { Rows } from '../../src/database/rows.js';
import { Session } from '../../src/tokens/session.entity.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient } from '../support/account.client.js';
import { OAuthClient } from '../support/oauth.client.js';
import { type Service, startService } from '../support/service.js';

let service: Service;
let dataSource: DataSource;
let rows: Rows;

beforeAll(async () => {
  service = await startService();
  dataSource = service.app.get(DataSource);
  rows = service.app.get(Rows);
  for (const driver of DRIVERS) await new AccountClient(() => service, driver).newcomer();
  await OAuthClient.of(service, 'introspect');
  for (const writer of [LastSignIns, AuditLog, Usage] as const) await service.app.get<LastSignIns>(writer).flush();
});
afterAll(() => service.stop());

/** Compares each row of an entity, found by a column, with what its repository reads; tells how many there were. */
async function compareAll<Entity extends ObjectLiteral>(
  entity: EntityTarget<Entity>,
  property: keyof Entity & string,
): Promise<number> {
  const repository = dataSource.getRepository(entity);
  const found = (await repository.find()).filter((row) => row[property] !== null);
  for (const expected of found) expect(await rows.one(entity, property, expected[property])).toStrictEqual(expected);
  return found.length;
}

describe('the row of an entity', () => {
  it('is the one that the repository reads, whatever the entity is', async () => {
    const compared: Record<string, number> = {};
    for (const { name, target, primaryColumns } of dataSource.entityMetadatas) {
      const [column, ...others] = primaryColumns;
      if (column && others.length === 0) compared[name] = await compareAll<ObjectLiteral>(target, column.propertyName);
    }
    expect(compared).toMatchObject({ User: DRIVERS.length, SigningKey: expect.any(Number) as number });
    expect(compared.Session).toBeGreaterThanOrEqual(DRIVERS.length);
    expect(compared.AuditEvent).toBeGreaterThan(0);
    expect(Object.values(compared).filter((count) => count > 0).length).toBeGreaterThanOrEqual(5);
  });

  it('is found by every unique column', async () => {
    expect(await compareAll(User, 'usernameKey')).toBeGreaterThan(0);
    expect(await compareAll(User, 'emailKey')).toBeGreaterThan(0);
    expect(await compareAll(Session, 'secretHash')).toBeGreaterThan(0);
  });

  it('is an instance of its class, with truths and times and without what is not of it', async () => {
    const [{ id } = { id: 0 }] = await dataSource.getRepository(User).find({ take: 1 });
    const at = new Date('2026-03-29T01:30:00.007Z');
    for (const isAdmin of [true, false]) {
      const change = { isAdmin, emailVerifiedAt: isAdmin ? at : null, pinFailures: 3, pinLockedUntil: at };
      await dataSource.getRepository(User).update({ id }, change);
      const user = await rows.one(User, 'id', id);
      expect(user).toBeInstanceOf(User);
      expect(user).toMatchObject(change);
      expect(user).toStrictEqual(await dataSource.getRepository(User).findOneByOrFail({ id }));
      expect(await service.app.get(UsersService).findById(id)).toStrictEqual(user);
    }
  });

  it('is undefined if there is none', async () => {
    expect(await rows.one(User, 'id', 2_000_000_000)).toBeUndefined();
    expect(await rows.one(User, 'usernameKey', 'nobody at all')).toBeUndefined();
    expect(await rows.one(User, 'emailKey', "' OR 1 = 1 --")).toBeUndefined();
    expect(await rows.one(User, 'emailKey', null)).toBeUndefined();
  });

  it('may be changed and saved as the repository’s', async () => {
    const [{ id } = { id: 0 }] = await dataSource.getRepository(User).find({ take: 1 });
    const user = (await rows.one(User, 'id', id)) as User;
    await dataSource.getRepository(User).save(Object.assign(user, { pinFailures: 5 }));
    expect(await rows.one(User, 'id', id)).toMatchObject({ id, pinFailures: 5 });
  });
});
