import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { emptyFolder, type ServiceProcess } from './process.js';

/** A place for a service's data on which room can be made scarce while it runs. */
export interface Disk {
  readonly folder: string;
  /** Leaves no room for another page. */
  readonly fill: (service: ServiceProcess) => void;
  readonly makeRoom: (service: ServiceProcess) => void;
}

/** A file system of 4 MB. */
export function smallFileSystem(): Disk {
  const folder = emptyFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill: () => {
      const file = openSync(ballast, 'w');
      try {
        for (;;) writeSync(file, Buffer.alloc(4096));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
      closeSync(file);
    },
    makeRoom: () => rmSync(ballast),
  };
}

/** A quota: no file of the service's may grow beyond the size of its write-ahead log. */
export function quota(): Disk {
  const folder = emptyFolder();
  const limit = (pid: number, bytes: string): void =>
    void execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  return {
    folder,
    fill: ({ pid }) => limit(pid, String(statSync(join(folder, 'data', 'latchkey.db-wal')).size)),
    makeRoom: ({ pid }) => limit(pid, 'unlimited'),
  };
}

/** Whether this machine lets a test mount a file system: for that it has to be root, with the right to. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}
