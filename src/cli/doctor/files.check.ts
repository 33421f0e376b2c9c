import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { databaseFile, secretFile } from '../../config/data-folder.js';
import type { Config } from '../../config/env.js';
import { ServiceSecret } from '../../config/service-secret.js';
import { fail, type Finding, ok, reasonOf, warn } from './finding.js';

/** Below which free space is worth a warning, and below which writing is about to fail, in bytes. */
const SPACE_SCARCE = 1_000_000_000;
const SPACE_GONE = 100_000_000;

const RUN_AS = 'run this as the user that runs the service, and give the folder to that user';

/** Whether the data folder can be used, has room, and is closed to everybody else; and whether the secret is there. */
export function checkFiles(config: Config): Finding[] {
  const folder = checkFolder(config);
  if (folder.some(({ level }) => level === 'fail')) return folder;
  return [...folder, ...checkModes(config), ...checkSecret(config)];
}

function checkFolder({ DATA_DIR, DATABASE_URL, SMTP_URL }: Config): Finding[] {
  if (DATABASE_URL && SMTP_URL) return [ok('files', 'no data folder is needed')];
  try {
    if (!statSync(DATA_DIR).isDirectory()) return [fail('files', `DATA_DIR=${DATA_DIR} is no folder`, 'name a folder')];
    accessSync(DATA_DIR, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [ok('files', `DATA_DIR=${DATA_DIR} is not there yet: the first start makes it`)];
    return [fail('files', `DATA_DIR=${DATA_DIR} cannot be used (${code})`, RUN_AS)];
  }
  const { bavail, bsize } = statfsSync(DATA_DIR);
  return [checkSpace(DATA_DIR, bavail * bsize)];
}

function checkSpace(folder: string, free: number): Finding {
  const found = `DATA_DIR=${folder} can be written, with ${Math.floor(free / 1_000_000)} MB free`;
  if (free < SPACE_GONE) return fail('files', found, 'make room: the service cannot write without');
  return free < SPACE_SCARCE ? warn('files', found, 'make room') : ok('files', found);
}

function checkModes(config: Config): Finding[] {
  const { DATA_DIR } = config;
  const wanted: (readonly [string, number])[] = [
    [DATA_DIR, 0o700],
    [secretFile(config), 0o600],
    [databaseFile(config), 0o600],
  ];
  const open = wanted.filter(([path]) => existsSync(path) && (statSync(path).mode & 0o077) !== 0);
  return open.map(([path, mode]) =>
    fail('files', `other users of this machine may open ${path}`, `run: chmod ${mode.toString(8)} ${path}`),
  );
}

function checkSecret(config: Config): Finding[] {
  try {
    if (!ServiceSecret.existing(config))
      return [ok('files', `there is no service secret yet: the first start makes ${secretFile(config)}`)];
  } catch (error) {
    return [fail('files', reasonOf(error), 'everything stays sealed until the right secret is back')];
  }
  const source = config.LATCHKEY_SECRET ? 'LATCHKEY_SECRET' : config.LATCHKEY_SECRET_FILE || secretFile(config);
  return [ok('files', `the service secret is in ${source}`)];
}
