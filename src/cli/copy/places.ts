import { statSync } from 'node:fs';
import { databaseFile } from '../../config/data-folder.js';
import { Config } from '../../config/env.js';
import { CommandError } from '../command-error.js';

/**
 * The file of the embedded database that `--from` names, or else that of `DATA_DIR`. What was given is not repeated: it
 * may be the URL of the other option, with a password.
 * @throws {CommandError} if it names none that is there
 */
export function sourceFile(from: string | undefined, config: Config): string {
  const path = from === undefined ? config.DATA_DIR : /^sqlite:(.+)$/s.exec(from)?.[1];
  if (path === undefined)
    throw new CommandError('--from is not allowed. Allowed: sqlite: and a folder or a file, such as sqlite:./data.');
  const file = kindOf(path) === 'folder' ? databaseFile(Object.assign(new Config(config), { DATA_DIR: path })) : path;
  if (kindOf(file) !== 'file') throw new CommandError(`There is no database at ${file}.`);
  return file;
}

/**
 * The PostgreSQL database that `--to` names, or else `DATABASE_URL`.
 * @throws {CommandError} if it names none
 */
export function targetUrl(to: string | undefined, { DATABASE_URL }: Config): string {
  const url = to ?? DATABASE_URL;
  if (url === '')
    throw new CommandError('Copy where to? Give --to postgres://user@host/database, or set DATABASE_URL.');
  if (!/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url))
    throw new CommandError(
      '--to is not allowed. Allowed: a URL with the scheme postgres or postgresql, such as postgres://latchkey@localhost/latchkey.',
    );
  return url;
}

/** Whether a URL holds a password, in either place where one counts. */
export function hasPassword(url: string): boolean {
  const { password, searchParams } = new URL(url);
  return password !== '' || searchParams.has('password');
}

/** A URL with a password that was asked for. */
export function withPassword(url: string, password: string): string {
  const { href, host, searchParams } = new URL(url);
  if (host !== '') return Object.assign(new URL(href), { password: encodeURIComponent(password) }).href;
  // Without a host there is no place for it before one.
  searchParams.set('password', password);
  return `${href.split('?', 1)[0]}?${searchParams.toString()}`;
}

/** A URL as it may be shown. */
export function withoutPassword(url: string): string {
  const shown = Object.assign(new URL(url), { password: '' });
  shown.searchParams.delete('password');
  return shown.href;
}

function kindOf(path: string): 'folder' | 'file' | undefined {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CommandError(`${path} cannot be used (${code}). Run this as the user that runs the service.`, {
      cause: error,
    });
  }
}
