import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { latchkeyProcess } from '../cli/run.js';
import { sized } from '../runner/size.js';
import { ask } from '../support/holders.js';
import { type Ended, load, prepare, type Registration } from '../support/ledger.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from '../support/process.js';
import { whole } from '../support/whole.js';

/** How often the service is backed up, and how many answers come before each. */
const BACKUPS = sized({ small: 2, full: 5 });
const ANSWERS = sized({ small: 40, full: 200 });

/** When such a test hangs, in milliseconds. */
const HANGS_MS = 180_000;

const SETTINGS = { PUBLIC_URL: 'http://latchkey.test', LIMITS: 'off', EMAIL_VERIFICATION: 'off' };

/** A backup, and what was answered before it began. */
interface Backup {
  readonly file: string;
  readonly registered: readonly Registration[];
  readonly ended: readonly Ended[];
}

async function start(folder: string): Promise<ServiceProcess> {
  const service = startProcess(folder, { PORT: await freePort(), ...SETTINGS });
  await service.listening;
  return service;
}

/** Starts a service on a backup and the secret. */
async function restore({ file }: Backup, from: string): Promise<ServiceProcess> {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  copyFileSync(file, join(folder, 'data', 'latchkey.db'));
  copyFileSync(join(from, 'data', 'secret'), join(folder, 'data', 'secret'));
  return start(folder);
}

describe('latchkey backup under load', { timeout: HANGS_MS }, () => {
  it('holds everything that was answered before it began, each time', async () => {
    const folder = emptyFolder();
    const service = await start(folder);
    const ledger = await prepare(service.url, 1, 2);
    const loading = load(service.url, ledger);
    const backups: Backup[] = [];
    for (let n = 0; n < BACKUPS; n++) {
      const before = ledger.answers;
      await expect.poll(() => ledger.answers, { timeout: HANGS_MS }).toBeGreaterThan(before + ANSWERS);
      const [registered, ended] = [[...ledger.registered], [...ledger.ended]];
      const file = join(folder, `backup-${n}.db`);
      expect(await latchkeyProcess({ folder }, 'backup', file)).toMatchObject({ code: 0 });
      backups.push({ file, registered, ended });
    }
    service.kill('SIGKILL');
    await loading;
    expect(ledger.wrong).toEqual([]);

    for (const backup of backups) {
      const restored = await restore(backup, folder);
      for (const { driver, person } of backup.registered)
        expect(whole(await ask(restored.url, driver.signIn(person)))).toEqual(driver.signedIn(person));
      for (const { use, refused } of backup.ended) expect(whole(await ask(restored.url, use))).toEqual(refused);
      restored.kill('SIGTERM');
      expect(await restored.ended).toBe(0);
      expect(restored.errors()).toBe('');
    }
  });
});
