import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Request } from '../load/request.js';
import { type RunningServer, startServer } from '../processes.js';
import { PASSWORD } from '../store/identities.js';

/** A SimpleJWT that runs, and what to ask it. */
export interface SimpleJwt {
  readonly server: RunningServer;
  readonly protectedRequests: readonly Request[];
  /** The same with the token's own claims in place of the account's row. */
  readonly statelessRequests: readonly Request[];
  readonly signIns: readonly Request[];
  /** Each may be sent once. */
  readonly refreshes: readonly Request[];
}

/** Debian's interpreter and its packages: another one on the path has others. */
const PYTHON = '/usr/bin/python3';
const GUNICORN = '/usr/bin/gunicorn';
const REFRESHES = 10_000;

/** Whether Debian's packages are installed: python3-djangorestframework-simplejwt, gunicorn and python3-bcrypt. */
export function isSimpleJwtInstalled(): boolean {
  if (!existsSync(PYTHON) || !existsSync(GUNICORN)) return false;
  try {
    execFileSync(PYTHON, ['-c', 'import rest_framework_simplejwt, bcrypt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Makes its database in a folder of its own and starts it with two workers. */
export async function startSimpleJwt(folder: string): Promise<SimpleJwt> {
  const env = { DATA_DIR: mkdtempSync(join(folder, 'simplejwt-')), PYTHONDONTWRITEBYTECODE: '1' };
  const home = resolve('bench/peers/simplejwt');
  const printed = execFileSync(PYTHON, ['app.py', String(REFRESHES)], {
    cwd: home,
    env,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const { access, refresh } = JSON.parse(printed) as { access: string[]; refresh: string[] };
  // It listens at the port in PORT by itself.
  const args = ['--workers', '2', '--log-level', 'warning', 'app:application'];
  const server = await startServer({ command: GUNICORN, args, folder: home, env, answers: '/me' });
  const get = (path: string) => (token: string) => ({ path, headers: { authorization: `Bearer ${token}` } });
  return {
    server,
    protectedRequests: access.map(get('/me')),
    statelessRequests: access.map(get('/stateless-me')),
    signIns: access.map((_, person) => ({
      method: 'POST',
      path: '/token',
      body: { username: `person${person}`, password: PASSWORD },
    })),
    refreshes: refresh.map((token) => ({ method: 'POST', path: '/token/refresh', body: { refresh: token } })),
  };
}
