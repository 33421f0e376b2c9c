import 'reflect-metadata';
import { type Config, readEnvironment } from '../../config/env.js';
import { untilSignal } from '../broken-off.js';
import { print, printList, remark } from '../output.js';
import type { Copied } from './fill.js';
import { move } from './move.js';
import { hasPassword, sourceFile, targetUrl, withoutPassword } from './places.js';
import { doubtOfSecret, secretSetting } from './secret.js';
import { Source } from './source.js';
import { openTarget, prepare } from './target.js';

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly undo?: boolean;
  readonly json?: boolean;
}

/** `latchkey copy`. @throws {CommandError} if the copy is refused or fails */
export async function copyCommand({ from, to, undo = false, json = false }: Options): Promise<void> {
  const config = readEnvironment();
  const file = sourceFile(from, config);
  if (to !== undefined && URL.canParse(to) && hasPassword(to))
    remark('Warning: others on this machine can see the password in --to. Leave it out, and it is asked for.');
  const url = undo ? '' : targetUrl(to, config);
  const source = Source.open(file, config);
  try {
    if (undo) thaw(source);
    else await copy(source, url, config, json);
  } finally {
    source.close();
  }
}

function thaw(source: Source): void {
  if (!source.isFrozen) return print(`Nothing to do: ${source.file} takes writes.`);
  source.thaw();
  print(`${source.file} takes writes again.`);
  remark('What a service wrote on PostgreSQL meanwhile, if one ran there, is not in it.');
}

async function copy(source: Source, url: string, config: Config, json: boolean): Promise<void> {
  source.demandSameSchema();
  const doubt = doubtOfSecret(config, source);
  if (doubt !== undefined) remark(`Warning: the service on PostgreSQL needs the secret of this one. ${doubt}`);
  const target = await openTarget(url, config);
  try {
    await prepare(target);
    const copied = await untilSignal('copied', (signal) => move(source, target, signal));
    printList(copied, json, ({ table, rows }: Copied) => [table, String(rows)]);
    for (const line of nextSteps(source, url, config)) remark(line);
  } finally {
    await target.destroy();
  }
}

function nextSteps(source: Source, url: string, config: Config): string[] {
  return [
    `Copied into ${withoutPassword(url)}. ${source.file} stays frozen, so that nothing is written there any more. Next:`,
    '1. Stop the service that ran until now.',
    `2. Start it with DATABASE_URL, PUBLIC_URL=${config.PUBLIC_URL} and ${secretSetting(config, source)}`,
    'To go back, as long as no service has run on PostgreSQL: latchkey copy --undo',
  ];
}
