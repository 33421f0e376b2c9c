import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieToken, withCookie } from './support/cookies.js';
import { send } from './support/http.js';
import { decode } from './support/jwt.js';
import { AT_FULL_SIZE } from './support/needs.js';
import { newPerson, type Person } from './support/people.js';
import { ON_SQLITE, startService } from './support/service.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from './support/process.js';
import { whole } from './support/whole.js';

/** Starts the service, in a new folder if none is given. */
async function start(folder = emptyFolder(), env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = startProcess(folder, { PORT: await freePort(), ...env });
  await service.listening;
  return service;
}

/** Starts what must not come up, and tells how it ended. */
async function fail(folder: string, env: Record<string, string> = {}): Promise<object> {
  const service = startProcess(folder, { PORT: await freePort(), ...env });
  const code = await service.ended;
  for (const line of service.output) JSON.parse(line);
  return { code, errors: service.errors() };
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const strong = (person: Person): Person => ({ ...person, password: `${person.password}#` });

async function register({ url }: ServiceProcess, { username, email, password }: Person): Promise<void> {
  const body = { username, email, password1: password, password2: password };
  expect((await send('POST', `${url}/users/register`, { body })).status).toBe(201);
}

async function signIn({ url }: ServiceProcess, { username, password }: Person): Promise<string> {
  const answer = await send('POST', `${url}/users/login`, { body: { username, password1: password } });
  expect(answer.status).toBe(200);
  return cookieToken(answer);
}

async function me({ url }: ServiceProcess, token: string): Promise<object> {
  return whole(await send('GET', `${url}/protected/me`, { headers: withCookie(token) }));
}

const meOf = (id: number, { username }: Person): object => ({ status: 200, body: { id, username, is_admin: false } });

/** Makes the data folder of an earlier start. */
async function startedBefore(folder: string): Promise<void> {
  const service = await startService({ ...ON_SQLITE, DATA_DIR: join(folder, 'data') });
  await service.stop();
}

/** Ends a service with a signal, and looks for what it knew in another on its folder. */
async function keepsEverything(folder: string, first: ServiceProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const person = strong(newPerson());
  await register(first, person);
  const token = await signIn(first, person);
  const known = await me(first, token);
  expect(known).toEqual(meOf(expect.any(Number) as number, person));
  first.kill(signal);
  expect(await first.ended).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL');

  const second = await start(folder, { PORT: new URL(first.url).port });
  expect(await me(second, token)).toEqual(known);
  const another = await signIn(second, person);
  expect(decode(another).header.kid).toBe(decode(token).header.kid);
  expect(decode(another).claims.sid).not.toBe(decode(token).claims.sid);
}

describe('the first start in an empty folder', () => {
  const ends: (() => void)[] = [];
  let folder: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    const atEnd = (end: () => void): void => void ends.unshift(end);
    folder = emptyFolder(atEnd);
    service = startProcess(folder, { PORT: await freePort() }, { atEnd });
    await service.listening;
  });
  afterAll(() => ends.forEach((end) => end()));

  it('makes its data folder, which nobody else may read, and answers', async () => {
    const answer = await send('GET', `${service.url}/health`);
    expect(whole(answer)).toEqual({ status: 200, body: { status: 'success' } });
    const data = join(folder, 'data');
    expect(readdirSync(folder)).toEqual(['data']);
    expect(modeOf(data)).toBe(0o700);
    expect(modeOf(join(data, 'secret'))).toBe(0o600);
    expect(modeOf(join(data, 'latchkey.db'))).toBe(0o600);
    expect(modeOf(join(data, 'outbox'))).toBe(0o700);
    expect(Buffer.from(readFileSync(join(data, 'secret'), 'utf8'), 'base64url')).toHaveLength(32);
  });

  it('issues in the name of http://localhost and its port', async () => {
    const { username, password } = newPerson();
    const { json } = await send('POST', `${service.url}/auth/register`, { body: { username, password } });
    const { claims } = decode((json as { authToken: string }).authToken);
    expect(claims.iss).toBe(`http://localhost:${new URL(service.url).port}`);
  });

  it('is the only one on its folder while it runs', AT_FULL_SIZE, async () => {
    expect(await fail(folder)).toEqual({ code: 1, errors: 'DATA_DIR=./data is in use by another Latchkey.\n' });
    expect((await send('GET', `${service.url}/health`)).status).toBe(200);
  });

  it('is followed by another that keeps every account, session and key, also after SIGKILL', async () => {
    await keepsEverything(folder, service, 'SIGKILL');
  });
});

describe('a start', () => {
  it('reads a .env file, logs JSON lines on standard output, and nothing else anywhere', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), 'DATA_DIR=./elsewhere/deep\nLOG_LEVEL=trace\n');
    const service = await start(folder);
    expect(readdirSync(folder).sort()).toEqual(['.env', 'elsewhere']);
    expect(modeOf(join(folder, 'elsewhere'))).toBe(0o700);
    expect(modeOf(join(folder, 'elsewhere', 'deep'))).toBe(0o700);
    await register(service, strong(newPerson()));
    await send('GET', `${service.url}/auth/%ZZ`);
    service.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    const lines = service.output.map((line) => JSON.parse(line) as object);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(line).toMatchObject({ level: expect.any(String), time: expect.any(String) });
    expect(service.errors()).toBe('');
  });
});

describe('another start on the same folder', () => {
  it('keeps every account, session and key, after SIGTERM', AT_FULL_SIZE, async () => {
    const folder = emptyFolder();
    await keepsEverything(folder, await start(folder), 'SIGTERM');
  });
});

describe('a start that cannot be', () => {
  it('for wrong settings ends with a line for each, and no stack', async () => {
    const folder = emptyFolder();
    const env = { PORT: '99999', LATCHKEY_SECRET: 'too short', BCRYPT_COST: '4' };
    expect(await fail(folder, env)).toEqual({
      code: 1,
      errors: [
        'PORT=99999 is not allowed. Allowed: a whole number from 0 to 65535.',
        'LATCHKEY_SECRET=(not shown) is not allowed. Allowed: empty, or at least 32 bytes.',
        'BCRYPT_COST=4 is not allowed. Allowed: a whole number from 10 to 15.',
        '',
      ].join('\n'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('for a port that is taken says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    expect(await fail(emptyFolder(), { PORT: String(port) })).toEqual({
      code: 1,
      errors: `HOST=127.0.0.1 with PORT=${port} is not allowed. Allowed: an address of this machine and a free port (EADDRINUSE).\n`,
    });
    taken.close();
  });

  it('for an address that is not this machine’s says so', AT_FULL_SIZE, async () => {
    const PORT = await freePort();
    expect(await fail(emptyFolder(), { HOST: '192.0.2.1', PORT })).toEqual({
      code: 1,
      errors: `HOST=192.0.2.1 with PORT=${PORT} is not allowed. Allowed: an address of this machine and a free port (EADDRNOTAVAIL).\n`,
    });
  });

  it('for a data folder that is a file says so', AT_FULL_SIZE, async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'data'), '');
    expect(await fail(folder)).toEqual({
      code: 1,
      errors: 'DATA_DIR=./data is not allowed. Allowed: a folder that can be made and written (EEXIST).\n',
    });
  });

  it('for a service secret that is damaged says so, and does not make another one', async () => {
    const folder = emptyFolder();
    await startedBefore(folder);
    const file = join(folder, 'data', 'secret');
    const damaged = readFileSync(file, 'utf8').slice(0, 20);
    writeFileSync(file, damaged);
    expect(await fail(folder)).toEqual({
      code: 1,
      errors: 'data/secret is damaged. Put the service secret back from a copy: everything is sealed under it.\n',
    });
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });

  it('for another service secret than the keys are sealed under says so', AT_FULL_SIZE, async () => {
    const folder = emptyFolder();
    await startedBefore(folder);
    expect(await fail(folder, { LATCHKEY_SECRET: 'another secret, as long as it has to be' })).toEqual({
      code: 1,
      errors: expect.stringMatching(
        /^Signing key [\w-]{43} will not unseal: it was stored under another service secret \(LATCHKEY_SECRET\)[^\n]*\.\n$/,
      ),
    });
  });
});
