import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** What was measured, and on what. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryMegabytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly commit: string;
  /** Whether files differed from that commit. */
  readonly isDirty: boolean;
  /** Of the packages and Debian packages that matter, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = ['fastify', '@nestjs/core', 'better-sqlite3', 'typeorm', 'bcryptjs', '@node-rs/bcrypt', 'better-auth'];
const DEBIAN_PACKAGES = ['python3-djangorestframework-simplejwt', 'python3-django', 'gunicorn', 'python3-bcrypt'];

/** This machine, this commit and what is installed. */
export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMegabytes: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    node: process.version,
    commit: output('git', 'rev-parse', '--short', 'HEAD') || 'unknown',
    isDirty: output('git', 'status', '--porcelain', '--', '.', ':!bench/results') !== '',
    versions: Object.fromEntries([...PACKAGES.map(packageVersion), ...DEBIAN_PACKAGES.map(debianVersion)]),
  };
}

function packageVersion(name: string): [string, string] {
  for (const folder of ['bench/node_modules', 'node_modules']) {
    try {
      const { version } = JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string };
      return [name, version];
    } catch {
      // It is in the other folder, or in none.
    }
  }
  return [name, 'not installed'];
}

function debianVersion(name: string): [string, string] {
  return [name, output('dpkg-query', '-W', '-f', '${Version}', name) || 'not installed'];
}

function output(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
