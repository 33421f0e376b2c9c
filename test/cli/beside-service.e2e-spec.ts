import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIZE } from '../runner/size.js';
import { form, send } from '../support/http.js';
import { decode } from '../support/jwt.js';
import { basicOf } from '../support/oauth.client.js';
import { newPerson } from '../support/people.js';
import { ON_SQLITE, type Service, startService } from '../support/service.js';
import { type Ending, latchkey, latchkeyProcess } from './run.js';

/** How soon a running service notices what was done to the keys, in milliseconds, and how late a busy machine may be. */
const NOTICED_MS = 5000;
const LATE_MS = 5000;

let service: Service;

beforeAll(async () => {
  service = await startService(ON_SQLITE);
});
afterAll(() => service.stop());

/** Runs a command on the data folder of the running service: in a process of its own. */
function command(args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const { dataDir } = service;
  // The service, in this process, compares what is hashed there.
  return latchkeyProcess({ folder: dataDir, env: { DATA_DIR: dataDir, NODE_OPTIONS: '', ...env }, input }, ...args);
}

/** As `command`; at the small size in the process of the service, with a connection of its own to the file. */
function quickCommand(...args: readonly string[]): Promise<Ending> {
  const { dataDir } = service;
  return SIZE === 'full' ? command(args) : latchkey({ folder: dataDir, env: { DATA_DIR: dataDir } }, ...args);
}

async function published(): Promise<string[]> {
  const { json } = await send('GET', `${service.url}/.well-known/jwks.json`);
  return (json as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

async function newToken(): Promise<string> {
  const { username, password } = newPerson();
  const { json } = await send('POST', `${service.url}/auth/register`, { body: { username, password } });
  return (json as { authToken: string }).authToken;
}

describe('beside a running service', () => {
  it('latchkey admin create makes an administrator who can sign in at once', async () => {
    const { username } = newPerson();
    const password = 'Aurora borealis 7#';
    expect(await command(['admin', 'create', username], `${password}\n`)).toMatchObject({ code: 0, stderr: '' });
    const signedIn = await send('POST', `${service.url}/users/login`, { body: { username, password1: password } });
    expect(signedIn.status).toBe(200);
    const cookie = String(signedIn.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const { json } = await send('GET', `${service.url}/protected/me`, { headers: { cookie } });
    expect(json).toMatchObject({ username, is_admin: true });
  });

  it('latchkey client create makes a client that is let in at once, and refused once it is revoked', async () => {
    const { stdout } = await quickCommand('client', 'create', 'test', '--scope', 'introspect');
    const [, id = '', secret = ''] = /client_id +(\S+)\nclient_secret +(\S+)/.exec(stdout) ?? [];
    const sending = form({ grant_type: 'client_credentials' });
    const headers = { ...sending.headers, ...basicOf({ id, secret }) };
    const ask = async (): Promise<number> =>
      (await send('POST', `${service.url}/oauth/token`, { ...sending, headers })).status;
    expect(await ask()).toBe(200);
    expect(
      (
        await quickCommand(
          'client',
          'scopes',
          id,
          '--scope',
          'introspect',
          '--scope',
          'revoke',
          '--scope',
          'introspect:refresh',
        )
      ).stdout,
    ).toBe(`${id} may introspect, revoke, introspect:refresh\n`);
    expect((await send('POST', `${service.url}/oauth/token`, { ...sending, headers })).json).toMatchObject({
      scope: 'introspect introspect:refresh revoke',
    });
    await quickCommand('client', 'revoke', id);
    expect(await ask()).toBe(401);
  });

  it('latchkey keys counts within seconds: the next key is published, and no token of a withdrawn one passes', async () => {
    const token = await newToken();
    const kid = String(decode(token).header.kid);
    const me = async (): Promise<number> =>
      (await send('GET', `${service.url}/bare-token/auth/refresh`, { headers: { authorization: token } })).status;
    const before = await me();
    const next = /\S{43}/.exec((await quickCommand('keys', 'rotate')).stdout)?.[0] ?? '';
    await quickCommand('keys', 'revoke', kid);
    await expect.poll(published, { timeout: NOTICED_MS + LATE_MS }).toEqual([next]);
    expect([before, await me()]).toEqual([200, 401]);
    expect(decode(await newToken()).header.kid).toBe(next);
  });

  it('latchkey migrate is refused, and so is a second service', async () => {
    const refusal = {
      code: 1,
      stdout: '',
      stderr: `DATA_DIR=${service.dataDir} is in use by another Latchkey.\n`,
    };
    expect(await command(['migrate'])).toEqual(refusal);
    const { code, stderr } = await command(['serve'], '', { PORT: '0', PUBLIC_URL: 'http://localhost' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: refusal.stderr });
  });

  it('latchkey doctor finds nothing that fails', async () => {
    // The service of a test has the umask of the test.
    chmodSync(join(service.dataDir, 'latchkey.db'), 0o600);
    const { code, stdout, stderr } = await command(['doctor']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('ok    database  SQLite finds the file whole\n');
    expect(stdout).not.toContain('fail');
  });
});
