import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sized } from '../runner/size.js';
import { send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { AT_FULL_SIZE } from '../support/needs.js';
import { PairClient, pairOf } from '../support/pairs.js';
import { newPerson } from '../support/people.js';
import { type Connection, type Postgres, startPostgres, waiting } from '../support/postgres.js';
import { emptyFolder, freePort, startProcess } from '../support/process.js';
import { type Environment, ON_SQLITE } from '../support/service.js';
import { type StartedService, startIn } from '../support/started.js';
import { whole } from '../support/whole.js';
import { type Ending, latchkey, latchkeyProcess, type Running, startLatchkey } from './run.js';

/** Pause between two requests of a user, in milliseconds. */
const BETWEEN_MS = 10;

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const UNAVAILABLE = { status: 503, body: { detail: 'Service temporarily unavailable, try again later.' } };
const FROZEN_LINE =
  'data/latchkey.db is frozen: the service answers 503 to whatever would write, and goes on with the rest.\n';
const MOVED =
  'data/latchkey.db takes no writes: latchkey copy moved it to PostgreSQL, or was broken off. Start the service with DATABASE_URL; or, if none has run there yet, go back with: latchkey copy --undo\n';

/** An installation with the embedded database, whose service runs, and an empty database to move it to. */
interface Installation {
  readonly folder: string;
  readonly service: StartedService;
  readonly pairs: PairClient;
  /** The settings of the service after the move. */
  readonly env: Environment;
  /** The empty database, from behind. */
  readonly target: Connection;
}

async function install(): Promise<Installation> {
  const folder = emptyFolder();
  const name = `copy_${randomUUID().replaceAll('-', '_')}`;
  const { DATABASE_URL = '' } = await postgres.createDatabase(name);
  const service = await started(folder, ON_SQLITE);
  const env = { ...SETTINGS, DATABASE_URL, LATCHKEY_SECRET_FILE: join(folder, 'data', 'secret') };
  return { folder, service, pairs: new PairClient(service.url), env, target: await postgres.connect(name) };
}

const SETTINGS = { PUBLIC_URL: 'http://id.example.com', LIMITS: 'off' };

async function started(folder: string, env: Environment): Promise<StartedService> {
  const service = await startIn(folder, { ...SETTINGS, ...env });
  onTestFinished(() => service.stop());
  return service;
}

/** Begins a copy that has frozen the database, and waits for its first look at a table that somebody else holds. */
async function copyHeld({ folder, env, target }: Installation): Promise<Running> {
  await latchkey({ folder, env }, 'migrate');
  await target.query('BEGIN');
  await target.query('LOCK TABLE users IN ROW EXCLUSIVE MODE');
  const copying = startLatchkey({ folder, env }, 'copy');
  await waiting(target, 'relation');
  return copying;
}

/** Copies where the test is not about a copy that runs beside the service. */
const copied = sized({ small: latchkey, full: latchkeyProcess });

/** Makes the database fail at the first session that is written; as a constraint, when that is committed. */
async function failing(
  target: Connection,
  when: 'BEFORE INSERT' | 'CONSTRAINT AFTER INSERT',
  act: string,
): Promise<void> {
  await target.query(
    `CREATE FUNCTION failing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${act}; RETURN NEW; END $$`,
  );
  const [kind, point] = when === 'BEFORE INSERT' ? ['', ''] : ['CONSTRAINT', 'DEFERRABLE INITIALLY DEFERRED'];
  await target.query(
    `CREATE ${kind} TRIGGER failing ${when.replace('CONSTRAINT ', '')} ON sessions ${point} FOR EACH ROW EXECUTE FUNCTION failing()`,
  );
}

async function countOf(target: Connection): Promise<unknown> {
  const statement =
    'SELECT (SELECT count(*) FROM users)::int AS users, (SELECT count(*) FROM sessions)::int AS sessions';
  return (await target.query(statement)).rows[0];
}

describe('latchkey copy beside a running service', () => {
  it('loses nothing that was answered, while protected requests go on', { timeout: 120_000 }, async () => {
    const { folder, pairs, env, target } = await install();
    const { person, pair } = await pairs.newcomer();
    const accepted: string[] = [];
    const refused: object[] = [];
    const passed = new Set<number>();
    const copy = { isDone: false };
    const signUp = async (): Promise<void> => {
      for (; !copy.isDone || refused.length === 0; await pause(BETWEEN_MS)) {
        const answer = await pairs.register(newPerson());
        if (answer.status === 201) accepted.push(pairOf(answer).access);
        else refused.push({ ...whole(answer), again: answer.headers['retry-after'] });
      }
    };
    const ask = async (): Promise<void> => {
      for (; !copy.isDone; await pause(BETWEEN_MS)) passed.add((await pairs.getUser(pair.access)).status);
    };
    const users = [signUp(), signUp(), signUp(), ask()];
    await expect.poll(() => accepted.length, { timeout: 30_000 }).toBeGreaterThan(3);
    const { code } = await latchkeyProcess({ folder, env }, 'copy');
    copy.isDone = true;
    await Promise.all(users);
    expect({ code, passed: [...passed] }).toEqual({ code: 0, passed: [200] });
    expect(refused[0]).toEqual({ ...UNAVAILABLE, again: '5' });
    expect(new Set(refused.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(whole(await pairs.getUser(pair.access))).toEqual({ status: 200, body: { username: person.username } });

    const moved = new PairClient((await started(folder, env)).url);
    for (const access of accepted) expect((await moved.getUser(access)).status).toBe(200);
    // What a service writes behind its answers, it is given time to write.
    const { rows } = await target.query(`SELECT account_id AS id FROM audit_events WHERE kind = 'registered'`);
    const unrecorded = accepted
      .map((access) => decode(access).claims.user_id)
      .filter((id) => !rows.some((row) => row.id === id));
    expect(unrecorded).toEqual([]);
    await target.end();
  });

  for (const { failure, act, told, options } of [
    { failure: 'an error', act: `RAISE EXCEPTION 'no room left'`, told: 'no room left', options: {} },
    {
      failure: 'a connection that breaks',
      act: 'PERFORM pg_terminate_backend(pg_backend_pid())',
      told: 'terminating connection due to administrator command',
      options: AT_FULL_SIZE,
    },
  ])
    it(`lets the service go on after ${failure}, and leaves nothing behind`, options, async () => {
      const { folder, pairs, env, target } = await install();
      const { person, pair } = await pairs.newcomer();
      await latchkey({ folder, env }, 'migrate');
      await failing(target, 'BEFORE INSERT', act);
      expect(await latchkeyProcess({ folder, env }, 'copy')).toEqual({
        code: 1,
        stdout: '',
        stderr: `${FROZEN_LINE}The copy failed, and nothing was copied: ${told}.\n`,
      });
      expect((await pairs.refresh(pair.refresh)).status).toBe(200);
      expect((await pairs.signIn(person)).status).toBe(200);
      expect(await countOf(target)).toEqual({ users: 0, sessions: 0 });
      await target.query('DROP TRIGGER failing ON sessions');
      expect((await copied({ folder, env }, 'copy')).code).toBe(0);
      await target.end();
    });

  it('lets nobody write while it is not known whether the copy was committed', async () => {
    const { folder, pairs, env, target } = await install();
    const { pair } = await pairs.newcomer();
    await latchkey({ folder, env }, 'migrate');
    const act = 'PERFORM pg_terminate_backend(pg_backend_pid())';
    await failing(target, 'CONSTRAINT AFTER INSERT', act);
    const { code, stderr } = await latchkeyProcess({ folder, env }, 'copy');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${FROZEN_LINE}PostgreSQL failed as the copy was committed, and nobody knows whether it was. Run latchkey copy again: it copies anew, or says that the database there is not empty, and then the copy is complete. Until then, the embedded database stays frozen.\n`,
    });
    expect(whole(await pairs.refresh(pair.refresh))).toEqual(UNAVAILABLE);
    await target.query('DROP TRIGGER failing ON sessions');
    expect((await copied({ folder, env }, 'copy')).code).toBe(0);
    expect(await countOf(target)).toEqual({ users: 1, sessions: 1 });
    await target.end();
  });

  it('is broken off in order by SIGINT', async () => {
    const installation = await install();
    const { pairs, target } = installation;
    const copying = await copyHeld(installation);
    expect(whole(await pairs.register(newPerson()))).toEqual(UNAVAILABLE);
    copying.kill('SIGINT');
    await target.query('ROLLBACK');
    expect(await copying.ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `${FROZEN_LINE}Broken off; nothing was copied.\n`,
    });
    expect((await pairs.register(newPerson())).status).toBe(201);
    expect(await countOf(target)).toEqual({ users: 0, sessions: 0 });
    await target.end();
  });

  it('is refused while another one is at work, and so is going back', AT_FULL_SIZE, async () => {
    const installation = await install();
    const { folder, env, target } = installation;
    const copying = await copyHeld(installation);
    const refusal = { code: 1, stdout: '', stderr: 'Another latchkey copy is at work on data/latchkey.db.\n' };
    expect(await latchkey({ folder, env }, 'copy')).toEqual(refusal);
    expect(await latchkey({ folder, env }, 'copy', '--undo')).toEqual(refusal);
    await target.query('ROLLBACK');
    expect((await copying.ended).code).toBe(0);
    await target.end();
  });
});

describe('latchkey copy that was killed', () => {
  /** Kills a copy in the middle. */
  async function killed(installation: Installation): Promise<Ending> {
    const copying = await copyHeld(installation);
    copying.kill('SIGKILL');
    const ending = await copying.ended;
    await installation.target.query('ROLLBACK');
    return ending;
  }

  it('can be run again, and copies everything', AT_FULL_SIZE, async () => {
    const installation = await install();
    const { folder, service, pairs, env, target } = installation;
    const { pair } = await pairs.newcomer();
    expect(await killed(installation)).toEqual({ code: null, stdout: '', stderr: FROZEN_LINE });
    expect(whole(await pairs.refresh(pair.refresh))).toEqual(UNAVAILABLE);
    expect((await pairs.getUser(pair.access)).status).toBe(200);
    await service.stop();
    expect((await copied({ folder, env }, 'copy')).code).toBe(0);
    expect(await countOf(target)).toEqual({ users: 1, sessions: 1 });
    const moved = new PairClient((await started(folder, env)).url);
    expect((await moved.refresh(pair.refresh)).status).toBe(200);
    await target.end();
  });

  it('leaves a database that no service starts on until it was undone', async () => {
    const installation = await install();
    const { folder, service, pairs, target } = installation;
    const { pair } = await pairs.newcomer();
    await killed(installation);
    await service.stop();
    const refused = startProcess(folder, { ...SETTINGS, PORT: await freePort() });
    expect(await refused.ended).toBe(1);
    expect(refused.errors()).toBe(MOVED);
    expect(await latchkey({ folder }, 'migrate')).toEqual({ code: 1, stdout: '', stderr: MOVED });
    expect(await latchkey({ folder }, 'keys', 'list')).toEqual({ code: 1, stdout: '', stderr: MOVED });
    expect((await latchkey({ folder }, 'doctor')).stdout).toContain(
      'fail  database  it takes no writes: it was moved -> start the service with DATABASE_URL; or, if none has run there yet, go back with: latchkey copy --undo\n',
    );
    expect(await latchkey({ folder }, 'copy', '--undo')).toEqual({
      code: 0,
      stdout: 'data/latchkey.db takes writes again.\n',
      stderr: 'What a service wrote on PostgreSQL meanwhile, if one ran there, is not in it.\n',
    });
    const again = new PairClient((await started(folder, ON_SQLITE)).url);
    expect((await again.refresh(pair.refresh)).status).toBe(200);
    await target.end();
  });
});

describe('latchkey copy --undo', () => {
  it('lets the service that still runs write again', async () => {
    const { folder, service, pairs, env, target } = await install();
    expect((await copied({ folder, env }, 'copy')).code).toBe(0);
    expect(whole(await pairs.register(newPerson()))).toEqual(UNAVAILABLE);
    expect((await latchkey({ folder }, 'copy', '--undo')).code).toBe(0);
    expect((await pairs.register(newPerson())).status).toBe(201);
    expect(await latchkey({ folder }, 'copy', '--undo')).toEqual({
      code: 0,
      stdout: 'Nothing to do: data/latchkey.db takes writes.\n',
      stderr: '',
    });
    expect((await send('GET', `${service.url}/health/ready`)).status).toBe(200);
    await target.end();
  });
});
