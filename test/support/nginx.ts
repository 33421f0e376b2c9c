import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { freePort } from './ports.js';
import { type AtEnd, emptyFolder } from './process.js';

const NGINX = '/usr/sbin/nginx';
const OPENSSL = '/usr/bin/openssl';

/** Why tests that start nginx are left out here, or nothing if they are not. */
export const NGINX_MISSING = [NGINX, OPENSSL].every((file) => existsSync(file)) ? '' : 'nginx is not installed here';

/** A real nginx before two instances. */
export interface Nginx {
  /** Where it takes HTTPS and HTTP, without a slash at the end. */
  readonly url: string;
  readonly plainUrl: string;
  /** What it has written so far. */
  readonly errors: () => string;
}

/** Starts nginx with the configuration that compose.yaml mounts; only its ports, its folders and the instances are others. */
export async function startNginx(instances: readonly [string, string], atEnd: AtEnd = onTestFinished): Promise<Nginx> {
  const folder = emptyFolder(atEnd);
  // Workers are another user.
  chmodSync(folder, 0o755);
  const [port, plainPort] = [await freePort(), await freePort()];
  const changes: Record<string, string> = {
    'listen 8443 ': `listen 127.0.0.1:${port} `,
    'listen 8080;': `listen 127.0.0.1:${plainPort};`,
    ' /tmp/': ` ${folder}/`,
    '/etc/nginx/tls/': `${folder}/`,
    '172.30.7.11:3000': new URL(instances[0]).host,
    '172.30.7.12:3000': new URL(instances[1]).host,
  };
  let configuration = readFileSync('deploy/nginx.conf', 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    expect(configuration).toContain(from);
    configuration = configuration.replaceAll(from, to);
  }
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  makeCertificate(folder);
  const child = spawn(NGINX, ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf', '-g', 'daemon off;']);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  // Its workers go with it only if it is asked to go.
  atEnd(() => void child.kill('SIGTERM'));
  await Promise.race([accepts(port), failed(child, () => errors)]);
  return { url: `https://127.0.0.1:${port}`, plainUrl: `http://127.0.0.1:${plainPort}`, errors: () => errors };
}

function makeCertificate(folder: string): void {
  const [key, certificate] = [resolve(folder, 'privkey.pem'), resolve(folder, 'fullchain.pem')];
  const kind = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=test',
  ];
  execFileSync(OPENSSL, ['req', '-x509', ...kind, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
}

async function accepts(port: number): Promise<void> {
  const attempt = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  };
  await vi.waitFor(attempt, { timeout: 10_000 });
}

async function failed(child: ChildProcess, errors: () => string): Promise<never> {
  const [code] = (await once(child, 'close')) as [number | null];
  throw new Error(`nginx ended with ${code}: ${errors()}`);
}
