import { existsSync, readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../src/config/env.js';
import { SETTINGS } from '../../src/config/settings.js';

const DOCUMENT = readFileSync('docs/deploying.md', 'utf8');
const DOCKERFILE = readFileSync('Dockerfile', 'utf8');
const LAST_STAGE = DOCKERFILE.split(/^FROM /m).at(-1) ?? '';
const DOCKERIGNORE = readFileSync('.dockerignore', 'utf8');
const COMPOSE = readFileSync('compose.yaml', 'utf8');
const NGINX = readFileSync('deploy/nginx.conf', 'utf8');
const UNIT = readFileSync('deploy/latchkey.service', 'utf8');

/** Variables that are not Latchkey's: Node's, and those of the image of PostgreSQL and of compose.yaml itself. */
const OF_OTHERS = /^(NODE_ENV|POSTGRES_\w+|TLS_FOLDER)$/;

/** What every pattern's first group finds in a text, in order. */
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** The lines below a line of a YAML file that are indented more than it. */
function below(name: string): string {
  const [, indent = '', rest = ''] = new RegExp(`^( *)${name}:.*\n((?:.*\n)*)`, 'm').exec(COMPOSE) ?? [];
  const lines = rest.split('\n');
  const end = lines.findIndex((line) => line.trim() !== '' && !line.startsWith(`${indent} `));
  return lines.slice(0, end === -1 ? undefined : end).join('\n');
}

const pairsIn = (text: string, pattern: RegExp): Record<string, string> =>
  Object.fromEntries([...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]));

/** The environments that the files give to the service. */
const IMAGE = pairsIn(/^ENV (.*)$/m.exec(LAST_STAGE)?.[1] ?? '', /([A-Z_]+)=(\S+)/g);
const INSTANCE = pairsIn(below('x-latchkey'), /^ +([A-Z_]+): (.+)$/gm);
const SERVICE = pairsIn(/^Environment=(.*)$/m.exec(UNIT)?.[1] ?? '', /([A-Z_]+)=(\S+)/g);

/** Values for what somebody has to fill in. */
const FILLED: Readonly<Record<string, string>> = {
  PUBLIC_URL: 'https://login.example.com',
  LATCHKEY_SECRET: 'a secret of at least thirty-two bytes',
  POSTGRES_PASSWORD: '0123456789abcdef',
  SMTP_URL: 'smtps://mail.example.com',
  MAIL_FROM: 'Example <no-reply@example.com>',
};
const filled = (value: string): string =>
  value.replace(/\$\{(\w+):[?-][^}]*\}/g, (_placeholder, name: string) => FILLED[name] ?? '');

const addressOf = (name: string): string => /ipv4_address: ([\d.]+)/.exec(below(name))?.[1] ?? '';

describe.each([
  ['Dockerfile', Object.keys(IMAGE)],
  ['compose.yaml', [...Object.keys(INSTANCE), ...all(COMPOSE, /\$\{(\w+)/g)]],
  ['deploy/latchkey.service', Object.keys(SERVICE)],
  ['docs/deploying.md', all(DOCUMENT, /^([A-Z_]+)=/gm)],
])('%s', (_file, names) => {
  it('names settings that there are', () => {
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => !(name in SETTINGS) && !OF_OTHERS.test(name))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  it('copies what there is, and all that .dockerignore lets through', () => {
    const copied = all(DOCKERFILE, /^COPY (?!--from)(.+) \S+$/gm).flatMap((paths) => paths.split(' '));
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
    expect(copied.sort()).toEqual(all(DOCKERIGNORE, /^!(.+)$/gm).sort());
  });

  it('starts what there is, as a user who is not root, where the proxy looks for it', () => {
    expect(DOCKERFILE).toContain('CMD ["node", "dist/main.js"]');
    expect(existsSync('src/main.ts')).toBe(true);
    expect(DOCKERFILE).toMatch(/^USER node$/m);
    expect(DOCKERFILE).toMatch(new RegExp(`^EXPOSE ${IMAGE.PORT}$`, 'm'));
    expect(new Set(all(NGINX, /^ +server [\d.]+:(\d+)/gm))).toEqual(new Set([IMAGE.PORT]));
  });

  it('has the Node of .nvmrc in both stages, which the package accepts', () => {
    const major = readFileSync('.nvmrc', 'utf8').trim();
    expect(all(DOCKERFILE, /^FROM node:(\d+)-/gm)).toEqual([major, major]);
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    expect(Number(major)).toBeGreaterThan(Number(/^>=(\d+)\.\d+$/.exec(engines.node)?.[1]));
  });
});

describe('compose.yaml', () => {
  it('gives the service an environment that it accepts, with the image’s', () => {
    const instance = Object.fromEntries(Object.entries(INSTANCE).map(([name, value]) => [name, filled(value)]));
    expect(parseEnvironment({ ...IMAGE, ...instance })).toMatchObject({
      DATABASE_URL: 'postgres://latchkey:0123456789abcdef@postgres:5432/latchkey',
      TRUST_PROXY: [addressOf('proxy')],
      METRICS_PORT: 9464,
      HOST: '0.0.0.0',
    });
  });

  it('puts the instances where the proxy looks for them, into the network that it makes', () => {
    const instances = [addressOf('latchkey-1'), addressOf('latchkey-2')];
    expect(all(NGINX, /^ +server ([\d.]+):/gm)).toEqual(instances);
    const [, address = '', bits = ''] = /subnet: ([\d.]+)\/(\d+)/.exec(COMPOSE) ?? [];
    const network = new BlockList();
    network.addSubnet(address, Number(bits));
    expect([...instances, addressOf('proxy')].map((one) => network.check(one))).toEqual([true, true, true]);
  });

  it('publishes the ports that nginx listens on, and only those', () => {
    const published = all(COMPOSE, /ports: \[(.*)\]/g).flatMap((ports) => all(ports, /\d+:(\d+)/g));
    expect(published).toEqual(all(NGINX, /listen (\d+)/g));
  });

  it('mounts files that there are', () => {
    expect(all(COMPOSE, /- \.\/(\S+?):/g).map((path) => existsSync(path))).toEqual([true]);
  });

  it('asks for every variable that has no default, as the document prints them', () => {
    const printed = all(DOCUMENT.split('## Compose')[1]?.split('\n## ')[0] ?? '', /^([A-Z_]+)=/gm);
    expect(printed.sort()).toEqual([...new Set(all(COMPOSE, /\$\{(\w+):\?/g))].sort());
  });
});

describe('what stops the service', () => {
  it('waits longer than the 10 seconds that it may take', () => {
    const waits = [
      ...all(COMPOSE, /stop_grace_period: (\d+)s/g),
      ...all(UNIT, /TimeoutStopSec=(\d+)/g),
      ...all(DOCUMENT, /--stop-timeout (\d+)/g),
    ];
    expect(waits).toHaveLength(4);
    expect(waits.filter((seconds) => Number(seconds) <= 10)).toEqual([]);
  });
});

describe('deploy/latchkey.service', () => {
  it('starts what there is, and stores in the folder that systemd makes', () => {
    expect(UNIT).toContain('ExecStart=/usr/bin/node dist/main.js\n');
    expect(SERVICE.DATA_DIR).toBe(`/var/lib/${/^StateDirectory=(.*)$/m.exec(UNIT)?.[1]}`);
    expect(UNIT).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });
});

describe('docs/deploying.md', () => {
  it('links to files that exist, and to every file of a deployment', () => {
    const links = all(DOCUMENT, /\]\((?!http)([^)#]+)\)/g).map((path) => `docs/${path}`);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
    for (const file of ['Dockerfile', 'compose.yaml', 'deploy/nginx.conf', 'deploy/latchkey.service'])
      expect(links).toContain(`docs/../${file}`);
  });

  it('says of every file whether it was run', () => {
    const rows = all(DOCUMENT.split('## What was run')[1]?.split('\n## ')[0] ?? '', /^\| `([^`]+)`/gm);
    expect(rows.sort()).toEqual(['Dockerfile', 'compose.yaml', 'deploy/latchkey.service', 'deploy/nginx.conf']);
  });
});
