import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SHARED_SECRET } from './postgres-names.js';
import { freePort, NODE_OPTIONS, type ServiceProcess, startProcess } from './process.js';

/** Processes of the built service on one database, and what a client needs to know of them: one address at a time. */
export interface Instances {
  /** Where they run; their data folder with its outbox is in it. */
  readonly folder: string;
  readonly all: readonly ServiceProcess[];
  /** Where the next request goes: to each instance in turn. */
  next(): string;
  stop(): Promise<void>;
}

/** What an instance has of its own. */
export interface InstanceOptions {
  /** Settings beside those that all share. */
  readonly env?: Readonly<Record<string, string>>;
  /** How wrong the clock of its machine is, in milliseconds. */
  readonly clockSkewMs?: number;
}

const SKEWED_CLOCK = pathToFileURL('test/support/skewed-clock.mjs').href;

/** Starts an instance for each of the options on one PostgreSQL database, all at once. */
export async function startInstances(databaseUrl: string, options: readonly InstanceOptions[]): Promise<Instances> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-instances-'));
  const ends: (() => void)[] = [];
  const start = (option: InstanceOptions): ServiceProcess =>
    startProcess(folder, settingsOf(databaseUrl, option, ports.pop()!, ports.pop()!), {
      atEnd: (end) => void ends.push(end),
    });
  const ports = await Promise.all([...options, ...options].map(() => freePort()));
  const all = options.map(start);
  await Promise.all(all.map(({ listening }) => listening)).catch((error: unknown) => {
    for (const end of ends) end();
    throw error;
  });
  let turn = 0;
  return {
    folder,
    all,
    next: () => (all[turn++ % all.length] as ServiceProcess).url,
    stop: async () => {
      for (const end of ends) end();
      await Promise.all(all.map(({ ended }) => ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settingsOf(
  databaseUrl: string,
  { env, clockSkewMs }: InstanceOptions,
  port: string,
  metricsPort: string,
): Readonly<Record<string, string>> {
  return {
    PORT: port,
    METRICS_PORT: metricsPort,
    DATABASE_URL: databaseUrl,
    LATCHKEY_SECRET: SHARED_SECRET,
    PUBLIC_URL: 'http://latchkey.test',
    HASH_THREADS: '1',
    LIMITS: 'off',
    SESSIONS_PER_ACCOUNT: '10000',
    ...(clockSkewMs && {
      CLOCK_SKEW_MS: String(clockSkewMs),
      NODE_OPTIONS: `${NODE_OPTIONS} --import=${SKEWED_CLOCK}`,
    }),
    ...env,
  };
}
