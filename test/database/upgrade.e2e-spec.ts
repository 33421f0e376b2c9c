import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KeyRing } from '../../src/tokens/key-ring.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { bothEngines } from '../support/engines.js';
import { es256, jwt } from '../support/forge.js';
import { type Answer, send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import type { Person } from '../support/people.js';
import { type Service, startService } from '../support/service.js';
import { whole } from '../support/whole.js';

/** The migrations of this version that the version before does not know. */
const NEWER = MIGRATIONS.filter(({ name }) => Number(/\d+$/.exec(name)?.[0]) >= 1_764_500_000_000);

const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4/;

/** Somebody with a session through a contract, whose token is one of the version before. */
interface Holder {
  readonly driver: Driver;
  readonly person: Person;
  readonly signedIn: Answer;
  readonly token: string;
  readonly accountId: number;
}

/** An access token as the version before made it: its `jti` says no epoch. */
function aged({ app }: Service, token: string): string {
  // An opaque token, or basic's refresh token.
  if (!token.includes('.') || decode(token).header.typ !== 'at+jwt') return token;
  const { header, claims } = decode(token);
  const old = jwt(header, { ...claims, jti: randomUUID() }, es256(app.get(KeyRing).signer.privateKey));
  expect(decode(old).claims.jti).toMatch(UUID_V4);
  return old;
}

async function holder(service: Service, driver: Driver): Promise<Holder> {
  const person = driver.newPerson();
  await through(service, driver, driver.registration(person));
  await driver.activate?.(service, person);
  return session(service, driver, person);
}

async function session(service: Service, driver: Driver, person: Person): Promise<Holder> {
  const signedIn = await through(service, driver, driver.signIn(person));
  const rows = await service.app
    .get(DataSource)
    .query<{ id: number }[]>('SELECT user_id AS id FROM sessions ORDER BY created_at DESC, id LIMIT 1');
  return { driver, person, signedIn, token: aged(service, driver.credential(signedIn)), accountId: rows[0]!.id };
}

function through(
  service: Service,
  { name }: Driver,
  { method, path, ...sending }: ReturnType<Driver['signIn']>,
): Promise<Answer> {
  return send(method, `${service.url}/${name}${path}`, sending);
}

const use = (service: Service, { driver, token }: Holder): Promise<Answer> =>
  through(service, driver, driver.guarded(token));

/** Takes the schema back to that of the version before, lets something happen there, and starts this version. */
async function upgraded(
  service: Service,
  before: (run: (statement: string) => Promise<unknown>) => Promise<void>,
): Promise<Service> {
  const dataSource = service.app.get(DataSource);
  await service.app.get(AuditLog).flush();
  for (const _migration of NEWER) await dataSource.undoLastMigration();
  await before((statement) => dataSource.query(statement));
  return service.restart();
}

describe.each(bothEngines('upgrade'))('An upgrade from the version before, on $engine', ({ settings }) => {
  it('keeps tokens of every contract, and those refused that were', { timeout: 120_000 }, async () => {
    let service = await startService(await settings());
    onTestFinished(() => service.stop());
    const live: Holder[] = [];
    const cleared: Holder[] = [];
    const halfCleared: Holder[] = [];
    const signedOut: Holder[] = [];
    for (const driver of DRIVERS)
      for (const group of [live, cleared, halfCleared, signedOut]) group.push(await holder(service, driver));
    const beside = await Promise.all(signedOut.map(({ driver, person }) => session(service, driver, person)));
    const ids = (group: readonly Holder[]): string => group.map(({ accountId }) => accountId).join(', ');
    const sids = signedOut.map(({ accountId }) => accountId);

    service = await upgraded(service, async (run) => {
      await run(`UPDATE users SET security_epoch = security_epoch + 1 WHERE id IN (${ids(cleared)})`);
      await run(
        `UPDATE sessions SET revoked_at = CURRENT_TIMESTAMP, revoked_because = 'tokens_cleared' WHERE user_id IN (${ids(cleared)})`,
      );
      await run(
        `UPDATE users SET security_epoch = security_epoch + 1, revocation_due = 'tokens_cleared' WHERE id IN (${ids(halfCleared)})`,
      );
      for (const id of sids)
        await run(
          `UPDATE sessions SET revoked_at = CURRENT_TIMESTAMP, revoked_because = 'signed_out'
           WHERE id = (SELECT id FROM sessions WHERE user_id = ${id} ORDER BY created_at LIMIT 1)`,
        );
    });

    for (const one of live) {
      expect([one.driver.name, whole(await use(service, one))]).toEqual([
        one.driver.name,
        one.driver.passed(one.person),
      ]);
      // Once more, now that it is known.
      expect(whole(await use(service, one))).toEqual(one.driver.passed(one.person));
    }
    for (const one of [...cleared, ...halfCleared])
      expect([one.driver.name, (await use(service, one)).status]).toEqual([
        one.driver.name,
        one.driver.name === 'basic' ? expect.any(Number) : one.driver.refusals.deactivatedToken.status,
      ]);
    for (const one of beside) expect(whole(await use(service, one))).toEqual(one.driver.passed(one.person));
    for (const one of live.filter(({ driver }) => driver.refresh && driver.refreshed))
      expect(whole(await through(service, one.driver, one.driver.refresh!(one.signedIn)))).toEqual(
        one.driver.refreshed!(one.person),
      );

    // The end of their sessions reaches tokens that say no epoch, too.
    for (const { accountId } of live) await service.app.get(RevocationService).clearTokens(accountId);
    for (const one of live.filter(({ driver }) => driver.name !== 'basic'))
      expect([one.driver.name, (await use(service, one)).status]).toEqual([
        one.driver.name,
        one.driver.refusals.deactivatedToken.status,
      ]);
  });
});
