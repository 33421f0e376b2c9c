import { createHash } from 'node:crypto';
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { commandLine, type RunningServer, startService } from '../processes.js';
import { exchange } from '../load/exchange.js';
import { fill } from './fill.js';
import { PASSWORD } from './identities.js';
import { Mint } from './mint.js';

/** Days for which a filled store is used again; its sessions live for 30. */
const KEPT_DAYS = 7;

/** What decides what is in a filled store. */
const FILLED_BY = ['bench/store/fill.ts', 'bench/store/identities.ts'];

/** How much of a database is read at once, in bytes. */
const READ_BYTES = 1024 * 1024;

const STORE = /^latchkey-bench-[0-9a-f]{12}-\d+$/;

/** The service's settings beside the defaults: its address, which its tokens name, and no limit to one client's attempts. */
export const SETTINGS = { PUBLIC_URL: 'http://latchkey.test', LIMITS: 'off', LOG_LEVEL: 'info' };

/** A data folder that is filled with accounts and their sessions. */
export class Store {
  private constructor(
    readonly folder: string,
    readonly accounts: number,
  ) {}

  /** One with so many accounts, made if none is left from a run before with this schema. */
  static async of(accounts: number): Promise<Store> {
    const folder = join(tmpdir(), `latchkey-bench-${schemaHash()}-${accounts}`);
    if (isFresh(folder)) return new Store(folder, accounts);
    removeStale();
    rmSync(folder, { recursive: true, force: true });
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    await begin(draft);
    fill(draft, accounts);
    renameSync(draft, folder);
    return new Store(folder, accounts);
  }

  /** A copy to write into. It must not be in use. */
  copyTo(folder: string): Store {
    cpSync(this.folder, folder, { recursive: true });
    return new Store(folder, this.accounts);
  }

  /** The service on it, as its users run it. @param further settings beside `SETTINGS` */
  start(further: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
    return startService(this.folder, { ...SETTINGS, ...further, DATA_DIR: this.folder });
  }

  /** Reads all of it once, so that the operating system has it in memory, as that of a service that has been up for a while. */
  async read(): Promise<void> {
    const file = createReadStream(join(this.folder, 'latchkey.db'), { highWaterMark: READ_BYTES });
    await finished(file.resume());
  }

  /** What makes tokens of its sessions. */
  mint(): Mint {
    return new Mint(this.folder, SETTINGS.PUBLIC_URL, this.accounts);
  }

  /** The HTTP Basic credentials of a service client that may introspect. */
  get client(): string {
    return readFileSync(join(this.folder, 'client'), 'utf8');
  }
}

/** The service's own first start: schema, secret, signing key, an account with a hash, and a service client. */
async function begin(folder: string): Promise<void> {
  const env = { ...SETTINGS, DATA_DIR: folder };
  const service = await startService(folder, env);
  const body = { username: 'first-of-all', password: PASSWORD };
  const { status } = await exchange(service.port, { method: 'POST', path: '/token-pair/auth/register', body });
  await service.stop();
  if (status !== 201) throw new Error(`The first registration was answered ${status}.`);
  const printed = await commandLine(folder, env, 'client', 'create', 'bench', '--scope', 'introspect');
  const pair = printed.map((line) => line.split(/\s+/)[1]).join(':');
  writeFileSync(join(folder, 'client'), `Basic ${Buffer.from(pair).toString('base64')}`);
}

function isFresh(folder: string): boolean {
  const last = join(folder, 'client');
  return existsSync(last) && Date.now() - statSync(last).mtimeMs < KEPT_DAYS * 86_400_000;
}

/** Those that no run will use again. */
function removeStale(): void {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (STORE.test(name) && !isFresh(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Stores of another schema, or filled otherwise, are others. */
function schemaHash(): string {
  const migrations = readdirSync('src/database/migrations').map((name) => join('src/database/migrations', name));
  const hash = createHash('sha256');
  for (const file of [...migrations.sort(), ...FILLED_BY]) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}
