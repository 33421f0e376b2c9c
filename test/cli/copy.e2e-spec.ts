import { join } from 'node:path';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { createDataSource } from '../../src/database/data-source.js';
import { parseEnvironment } from '../../src/config/env.js';
import { ENTITIES } from '../../src/entities.js';
import { opaqueToken } from '../drivers/opaque-token.driver.js';
import { DRIVERS } from '../drivers/index.js';
import { accountOf } from '../support/accounts.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { BasicClient } from '../support/basic.client.js';
import { CookieClient } from '../support/cookie.client.js';
import { withCookie } from '../support/cookies.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { OpaqueTokenClient, told, UNAUTHORIZED } from '../support/opaque-token.client.js';
import { mailedUrl } from '../support/outbox.js';
import { IN_BODY, IN_HEADER, type Pair, PairClient, pairOf } from '../support/pairs.js';
import type { Person } from '../support/people.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';
import { type Ending, latchkeyProcess } from './run.js';

/** Long enough for the slowest copy of a test. */
const SETTINGS = { PUBLIC_URL: 'http://id.example.com', REFRESH_GRACE: '10m' };

/** Somebody with a session through contract 1 and one through contract 3. */
interface Victim {
  readonly pair: Pair;
  readonly token: string;
  readonly id: number;
}

let postgres: Postgres;
/** Where everything was before, and where it is after. */
let before: Service;
let after: Service;
let copied: Ending;

let holders: Holder[];
let exchanged: { readonly person: Person; readonly pair: Pair; readonly successor: Pair };
let cleared: Victim;
let deactivated: Victim;
let deleted: Victim;
let withPin: { readonly token: string };
let pending: { readonly email: string; readonly path: string; readonly refresh: string };
let keys: unknown;
/** What every table held, before and after. */
let rows: { readonly before: object; readonly after: object };

beforeAll(async () => {
  postgres = await startPostgres();
  before = await startService(SETTINGS);
  await live();
  const { DATABASE_URL = '' } = await postgres.createDatabase('moved');
  const env = { ...SETTINGS, DATABASE_URL, LATCHKEY_SECRET_FILE: join(before.dataDir, 'secret') };
  copied = await latchkeyProcess({ folder: before.dataDir, env: { ...env, DATA_DIR: before.dataDir } }, 'copy');
  rows = { before: await rowsOf(before.app.get(DataSource)), after: await rowsAt(env) };
  after = await startService(env);
}, 120_000);
afterAll(async () => {
  await after.stop();
  await before.stop();
  await postgres.stop();
});

/** What happened in the embedded installation until it was moved. */
async function live(): Promise<void> {
  const pairs = new PairClient(before.url);
  const cookies = new CookieClient(`${before.url}/cookie`);
  holders = await Promise.all(DRIVERS.map((driver) => new AccountClient(() => before, driver).newcomer()));
  const newcomer = await pairs.newcomer();
  exchanged = { ...newcomer, successor: pairOf(await pairs.refresh(newcomer.pair.refresh)) };
  cleared = await victim();
  await new OpaqueTokenClient(`${before.url}/opaque-token`).clearTokens(cleared.token);
  deactivated = await victim();
  await before.app.get(RevocationService).deactivate(deactivated.id);
  withPin = await cookies.newcomer();
  await cookies.setPin(withPin.token, { pin: 'PIN2' });
  const { person, tokens } = await new BasicClient(`${before.url}/basic`).newcomer();
  const path = new URL(await mailedUrl(before, person.email)).pathname;
  pending = { email: person.email, path, refresh: tokens.refresh_token };
  // The last of all, so that no account has an id as high as this one's.
  deleted = await victim();
  await before.app.get(RevocationService).deleteAccount(deleted.id);
  keys = (await send('GET', `${before.url}/.well-known/jwks.json`)).json;
}

async function victim(): Promise<Victim> {
  const { person, pair } = await new PairClient(before.url).newcomer();
  const token = await new OpaqueTokenClient(`${before.url}/opaque-token`).session(person);
  return { pair, token, id: Number(decode(pair.access).claims.sub) };
}

async function rowsAt(env: Environment): Promise<object> {
  const dataSource = await (await createDataSource(parseEnvironment(env), ENTITIES)).initialize();
  return rowsOf(dataSource).finally(() => dataSource.destroy());
}

/** Every row of every table as its entity, but for the line in the trail that tells of the copy. */
async function rowsOf(dataSource: DataSource): Promise<object> {
  const tables = ENTITIES.map(async (entity: EntityTarget<ObjectLiteral>) => {
    const found = await dataSource.getRepository(entity).find();
    const texts = found.filter(({ kind }) => kind !== 'database_copied').map((row) => JSON.stringify(row));
    return [dataSource.getMetadata(entity).tableName, texts.sort()];
  });
  return Object.fromEntries(await Promise.all(tables)) as object;
}

/** How the tokens of somebody answer: access token, refresh token, opaque token. */
async function answersTo({ pair, token }: Victim): Promise<object[]> {
  const pairs = new PairClient(after.url);
  const opaque = new OpaqueTokenClient(`${after.url}/opaque-token`);
  return [
    whole(await pairs.getUser(pair.access)),
    whole(await pairs.refresh(pair.refresh)),
    told(await opaque.use(token)),
  ];
}

describe('latchkey copy', () => {
  it('tells how many rows it copied, and what to do next', () => {
    const counts = Object.entries(rows.before as Record<string, string[]>);
    const width = Math.max(...counts.map(([table]) => table.length));
    expect(copied).toEqual({
      code: 0,
      stdout: counts.map(([table, { length }]) => `${table.padEnd(width)}  ${length}\n`).join(''),
      stderr: [
        `${before.dataDir}/latchkey.db is frozen: the service answers 503 to whatever would write, and goes on with the rest.`,
        `Copied into ${after.config.DATABASE_URL.replace(':postgres@', '@')}. ${before.dataDir}/latchkey.db stays frozen, so that nothing is written there any more. Next:`,
        '1. Stop the service that ran until now.',
        `2. Start it with DATABASE_URL, PUBLIC_URL=http://id.example.com and LATCHKEY_SECRET_FILE=${before.dataDir}/secret`,
        'To go back, as long as no service has run on PostgreSQL: latchkey copy --undo',
        '',
      ].join('\n'),
    });
  });

  it('copies every row as it is', () => {
    expect(rows.after).toEqual(rows.before);
    expect(Object.values(rows.before).filter((table: string[]) => table.length > 0).length).toBeGreaterThan(5);
  });

  it('records itself where it copied to', async () => {
    const [event] = await after.app.get(DataSource).query(`SELECT * FROM audit_events WHERE kind = 'database_copied'`);
    expect(event).toMatchObject({ actor: 'command line', door: 'command line', account_id: null, refusal: null });
    const counts = Object.entries(rows.before as Record<string, string[]>).map(([table, { length }]) => [
      table,
      length,
    ]);
    expect(JSON.parse((event as { detail: string }).detail)).toEqual({ rows: Object.fromEntries(counts) });
  });

  it('leaves the old service its tokens, and refuses it every write', async () => {
    const pairs = new PairClient(before.url);
    expect((await pairs.getUser(exchanged.successor.access)).status).toBe(200);
    const refused = await pairs.refresh(exchanged.successor.refresh);
    expect(whole(refused)).toEqual({
      status: 503,
      body: { detail: 'Service temporarily unavailable, try again later.' },
    });
    expect(refused.headers['retry-after']).toBe('5');
  });
});

describe.each(DRIVERS.map((driver, i) => ({ name: driver.name, driver, i })))(
  'after latchkey copy, $name',
  ({ driver, i }) => {
    const ask = ({ method, path, ...sending }: ReturnType<typeof driver.signIn>): ReturnType<typeof send> =>
      send(method, `${after.url}/${driver.name}${path}`, sending);
    const holder = (): Holder => holders[i] as Holder;

    it('accepts the tokens of before, in the same session', async () => {
      expect(await idsOf(after, holder())).toEqual(await idsOf(before, holder()));
      const answer = await ask(driver.guarded(driver.credential(holder().signedIn)));
      expect(whole(answer)).toEqual(driver.passed(holder().person));
    });

    it('knows the passwords of before', async () => {
      const { person } = holder();
      expect(whole(await ask(driver.signIn(person)))).toEqual(driver.signedIn(person));
      expect(whole(await ask(driver.signIn({ ...person, password: 'NotMyPassword1' })))).toEqual(
        driver.refusals.wrongPassword,
      );
    });
  },
);

describe('after latchkey copy', () => {
  it('whoever held a token of a contract that gives new ones for it gets them', async () => {
    const renewing = DRIVERS.flatMap((driver, i) => {
      const { person, signedIn } = holders[i] as Holder;
      const request = driver.refresh?.(signedIn);
      return request ? [{ driver, person, request }] : [];
    });
    expect(renewing.length).toBeGreaterThan(0);
    for (const { driver, person, request } of renewing) {
      const { method, path, ...sending } = request;
      const answer = await send(method, `${after.url}/${driver.name}${path}`, sending);
      expect(whole(answer)).toEqual(driver.refreshed?.(person));
    }
  });

  it('a refresh token that was exchanged before answers the same successor, which goes on', async () => {
    const pairs = new PairClient(after.url);
    const again = pairOf(await pairs.refresh(exchanged.pair.refresh));
    expect(again.refresh).toBe(exchanged.successor.refresh);
    expect((await pairs.refresh(exchanged.successor.refresh)).status).toBe(200);
  });

  it('what was revoked stays refused, for the same reason', async () => {
    expect(await answersTo(cleared)).toEqual([IN_HEADER.notValid, IN_BODY.blacklisted, UNAUTHORIZED]);
    expect(await answersTo(deactivated)).toEqual([IN_HEADER.inactive, IN_BODY.blacklisted, UNAUTHORIZED]);
    expect(await answersTo(deleted)).toEqual([IN_HEADER.gone, IN_BODY.blacklisted, UNAUTHORIZED]);
  });

  it('the PIN is the one of before', async () => {
    const prove = async (pin: string): Promise<number> =>
      (await askAs(after, { headers: withCookie(withPin.token) }, 'POST', '/account/pin/verify', { body: { pin } }))
        .status;
    expect([await prove('PIN3'), await prove('PIN2')]).toEqual([403, 204]);
  });

  it('a link that was mailed before confirms the address', async () => {
    expect((await send('POST', after.url + pending.path)).status).toBe(200);
    const { email, status } = await accountOf(after, { username: pending.email });
    expect({ email, status }).toEqual({ email: pending.email, status: 'active' });
    expect((await new BasicClient(`${after.url}/basic`).refresh(pending.refresh)).status).toBe(200);
  });

  it('the keys are the same', async () => {
    expect((await send('GET', `${after.url}/.well-known/jwks.json`)).json).toEqual(keys);
  });

  it('no id is given again, not even that of the last account, which is gone', async () => {
    const { pair } = await new PairClient(after.url).newcomer();
    expect(decode(pair.access).claims.user_id).toBe(deleted.id + 1);
  });

  it('the trail goes back to before', async () => {
    const { accountId } = await idsOf(after, holders[DRIVERS.indexOf(opaqueToken)] as Holder);
    expect(await trailOf(after, accountId, 'registered')).toHaveLength(1);
  });
});
