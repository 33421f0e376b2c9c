import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandError } from '../command-error.js';

/** What a file system says that has no hard links, such as that of a USB stick. */
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

/** True if a name is taken, also by a symbolic link that leads nowhere. */
export function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** The refusal to write over a file. */
export function isThere(file: string): CommandError {
  return new CommandError(`${file} exists already. Nothing was overwritten.`);
}

/** A file that appears under its name only when it is whole, and on the disk. */
export class NewFile {
  private constructor(
    private readonly file: string,
    private readonly folder: string,
  ) {}

  /**
   * Begins a file in a folder beside the place where it will be.
   * @throws {CommandError} if nothing can be written there
   */
  static draft(file: string): NewFile {
    try {
      return new NewFile(file, mkdtempSync(`${file}.`));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new CommandError(`${file} cannot be written (${code}).`, { cause });
    }
  }

  /** Where its content belongs until it is published. */
  get draft(): string {
    return join(this.folder, 'draft');
  }

  /** Gives it its name, readable for its owner alone. @throws {CommandError} if another file has taken the name */
  publish(): void {
    chmodSync(this.draft, 0o600);
    sync(this.draft);
    this.move();
    sync(dirname(this.file));
  }

  /** Removes what was not published. */
  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A link, unlike a rename, never replaces a file. */
  private move(): void {
    try {
      linkSync(this.draft, this.file);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (exists(this.file)) throw isThere(this.file);
      if (!NO_LINKS.includes(code)) throw error;
      renameSync(this.draft, this.file);
    }
  }
}

function sync(path: string): void {
  const opened = openSync(path, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
