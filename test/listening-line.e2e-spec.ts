import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { latchkey } from './cli/run.js';
import { MAIN } from './support/built.js';
import { send } from './support/http.js';
import { needing } from './support/needs.js';
import { newPerson } from './support/people.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from './support/process.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

async function start(folder: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = startProcess(folder, { PORT: await freePort(), ...env });
  await service.listening;
  return service;
}

/** What the service said of itself when it listened. */
function lineOf({ output }: ServiceProcess): string {
  const line = output.find((one) => one.includes(' is listening at ')) ?? '{}';
  return (JSON.parse(line) as { msg: string }).msg;
}

async function stop(service: ServiceProcess): Promise<void> {
  service.kill('SIGTERM');
  await service.ended;
}

describe('a service that listens says so in one line', () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('with its version, its address, its store, how many accounts there are, and its documents', async () => {
    const folder = emptyFolder();
    const first = await start(folder);
    expect(lineOf(first)).toBe(
      `Latchkey ${version} is listening at ${first.url}, with 0 accounts in SQLite at ./data. Try it at ${first.url}/docs.`,
    );
    const { username, password } = newPerson();
    const body = { username, password };
    expect((await send('POST', `${first.url}/bare-token/auth/register`, { body })).status).toBe(200);
    await stop(first);

    const second = await start(folder, { DOCS: 'off' });
    expect(lineOf(second)).toBe(
      `Latchkey ${version} is listening at ${second.url}, with 1 account in SQLite at ./data.`,
    );
  });

  it('with the server and the name of the database on PostgreSQL, and never with its password', async () => {
    const settings = await postgres.createDatabase('listening');
    const service = await start(emptyFolder(), { ...settings, PUBLIC_URL: 'http://latchkey.test', DOCS: 'off' });
    const { hostname, pathname } = new URL(settings.DATABASE_URL ?? '');
    expect(lineOf(service)).toBe(
      `Latchkey ${version} is listening at ${service.url}, with 0 accounts in PostgreSQL at ${hostname}${pathname}.`,
    );
  });
});

describe('a setting of .env whose name is nearly right', () => {
  it('is named at the start and by doctor, without its value', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), 'PUBLC_URL=http://hush.example\n');
    const service = await start(folder);
    const told = service.output.filter((line) => line.includes('PUBLC_URL'));
    expect(told.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 'warn', msg: 'PUBLC_URL is no setting. Did you mean PUBLIC_URL?' }),
    ]);
    expect(service.output.join('\n')).not.toContain('hush');
    await stop(service);

    const { stdout } = await latchkey({ folder }, 'doctor');
    expect(stdout).toContain('PUBLC_URL is no setting. Did you mean PUBLIC_URL?');
  });
});

const TERMINAL = needing(existsSync('/usr/bin/script') ? undefined : 'script(1)');

describe('the log on a terminal', TERMINAL, () => {
  it('has lines that people read, and the service ends by SIGHUP', async () => {
    const PORT = await freePort();
    const folder = emptyFolder();
    // The shell outlives the terminal, and tells how the service ended.
    const command = `trap 'kill -HUP $pid' HUP; ${process.execPath} ${MAIN} 2> errors & pid=$!; wait $pid; wait $pid; echo $? > code`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      env: { PATH: process.env.PATH, PORT, METRICS_PORT: 'off' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += stripVTControlCharacters(chunk.toString())));
    await expect.poll(() => shown, { timeout: 30_000 }).toContain(' is listening at ');
    await send('GET', `http://127.0.0.1:${PORT}/token-pair/auth/getuser`);
    await expect.poll(() => shown).toMatch(/GET \/token-pair\/auth\/getuser 401 [\d.]+ ms/);
    const malformed = connect(Number(PORT), '127.0.0.1', () => malformed.end('GET / HTTP/1.1\r\nX: \u001b\r\n\r\n'));
    await expect.poll(() => shown).toContain('(no request) (no route) 400');
    expect(shown).not.toContain('{"level"');
    // The terminal goes, which the system tells the process by SIGHUP.
    child.kill('SIGKILL');
    await once(child, 'exit');
    const written = (name: string): string =>
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
    await expect.poll(() => written('code')).toBe('0\n');
    expect(written('errors')).toBe('');
  });
});
