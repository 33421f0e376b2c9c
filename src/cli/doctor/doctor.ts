import type { DataSource } from 'typeorm';
import { type Config, ConfigError, misspelledInEnvironment, readEnvironment } from '../../config/env.js';
import { CommandError } from '../command-error.js';
import { print } from '../output.js';
import { checkAddress, checkLimits } from './address.check.js';
import { checkClock } from './clock.check.js';
import { checkDatabase } from './database.check.js';
import { checkFiles } from './files.check.js';
import { fail, type Finding, ok, reasonOf, warn } from './finding.js';
import { checkKeys } from './keys.check.js';
import { checkListening } from './listening.check.js';
import { checkMail } from './mail.check.js';
import { checkNames } from './names.check.js';
import { adviceFor, openForReading } from './store.js';

/** `latchkey doctor`. @throws {CommandError} if something failed */
export async function doctor({ json = false }: { readonly json?: boolean }): Promise<void> {
  const findings = await examine();
  if (json) print(JSON.stringify(findings, null, 2));
  else for (const finding of findings) print(lineOf(finding));
  const failed = findings.filter(({ level }) => level === 'fail').length;
  if (failed > 0) throw new CommandError(`${failed} of ${findings.length} checks failed.`);
}

function lineOf({ level, about, found, advice }: Finding): string {
  return `${level.padEnd(4)}  ${about.padEnd(8)}  ${found}${advice === undefined ? '' : ` -> ${advice}`}`;
}

async function examine(): Promise<Finding[]> {
  let config: Config;
  try {
    config = readEnvironment();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .map((line) => fail('settings', line.replace(/\.$/, ''), 'correct it; the rest is checked then'));
  }
  return [
    ok('settings', 'every setting is allowed'),
    ...misspelledInEnvironment().map((sentence) => warn('settings', sentence, 'correct the name, or take it out')),
    ...checkAddress(config),
    ...checkLimits(config),
    ...checkFiles(config),
    ...(await checkStore(config)),
    ...(await checkMail(config)),
  ];
}

async function checkStore(config: Config): Promise<Finding[]> {
  let store: DataSource | undefined;
  try {
    store = await openForReading(config);
    if (!store) return [warn('database', 'there is none yet', 'start the service, or run: latchkey migrate')];
    return await checkOpened(store, config);
  } catch (error) {
    const cause = error instanceof ConfigError ? error.cause : error;
    return [fail('database', `it cannot be used: ${reasonOf(cause)}`, adviceFor(cause, config))];
  } finally {
    await store?.destroy();
  }
}

/** Names, keys and times can be read only if the tables are those of this version. */
async function checkOpened(store: DataSource, config: Config): Promise<Finding[]> {
  const database = await checkDatabase(store, config);
  if (database.some(({ level }) => level !== 'ok')) return database;
  return [
    ...database,
    ...(await checkListening(store, config)),
    ...(await checkNames(store, config)),
    ...(await checkKeys(store, config)),
    ...(await checkClock(store, config)),
  ];
}
