import { createHmac } from 'node:crypto';

/** The bytes of a password that bcrypt reads; what follows would be ignored. */
const BCRYPT_READS_BYTES = 72;

/** A stored password, taken apart: what bcrypt compares it with and which cost that has. */
export interface StoredPassword {
  readonly cost: number;
  /** What bcrypt hashed, given the password. */
  readonly inputFor: (password: string) => string;
  /** Whether bcrypt reads all that stands for a password: a match of its beginning is none. */
  readonly readsAllOf: (password: string) => boolean;
  /** A hash as bcrypt itself writes it. */
  readonly bcryptHash: string;
}

/** What is stored instead of a password for an account that has none, or whose password counts no more. */
export const NO_PASSWORD = '!';

/** A way to store passwords, told by the prefix of what is stored. */
interface PasswordScheme {
  readonly read: (stored: string) => StoredPassword | undefined;
  /** What to give bcrypt for a password under a salt (`$2b$cost$` and 22 characters). */
  readonly inputFor: (password: string, salt: string) => string;
  readonly write: (bcryptHash: string) => string;
}

const BCRYPT: PasswordScheme = {
  read: (stored) => {
    const match = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.exec(stored);
    if (!match) return undefined;
    return { cost: Number(match[1]), inputFor: (password) => password, readsAllOf: fits, bcryptHash: stored };
  },
  inputFor: (password) => password,
  write: (bcryptHash) => bcryptHash,
};

/** passlib's `bcrypt_sha256`, version 2: bcrypt over base64(HMAC-SHA-256(key: the 22 characters of salt, password)). */
const BCRYPT_SHA256: PasswordScheme = {
  read: (stored) => {
    const match = /^\$bcrypt-sha256\$v=2,t=2b,r=([4-9]|[12]\d|3[01])\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/.exec(
      stored,
    );
    if (!match) return undefined;
    const [, rounds = '', salt = '', digest = ''] = match;
    const bcryptHash = `$2b$${rounds.padStart(2, '0')}$${salt}${digest}`;
    const inputFor = (password: string): string => BCRYPT_SHA256.inputFor(password, bcryptHash);
    return { cost: Number(rounds), inputFor, readsAllOf: () => true, bcryptHash };
  },
  inputFor: (password, salt) => createHmac('sha256', salt.slice(7, 29)).update(password).digest('base64'),
  write: (hash) => `$bcrypt-sha256$v=2,t=2b,r=${Number(hash.slice(4, 6))}$${hash.slice(7, 29)}$${hash.slice(29)}`,
};

const SCHEMES = [BCRYPT, BCRYPT_SHA256];

/** The scheme for a new password: plain bcrypt, or for one longer than bcrypt reads, bcrypt over its HMAC. */
export function schemeFor(password: string): PasswordScheme {
  return fits(password) ? BCRYPT : BCRYPT_SHA256;
}

function fits(password: string): boolean {
  return Buffer.byteLength(password) <= BCRYPT_READS_BYTES;
}

/** A stored password taken apart, or `undefined` if no scheme knows it. */
export function readStoredPassword(stored: string): StoredPassword | undefined {
  for (const scheme of SCHEMES) {
    const read = scheme.read(stored);
    if (read) return read;
  }
  return undefined;
}
