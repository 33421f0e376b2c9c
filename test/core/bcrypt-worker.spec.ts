import { randomBytes, randomInt } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { describe, expect, it, vi } from 'vitest';
import run from '../../src/users/bcrypt.worker.js';

const LOWEST_COST = 4;
const DECOY_DIGEST = '.'.repeat(31);

/** bcrypt's own base64, in the order of its values. */
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const hash = (input: string, salt: string): unknown => run({ kind: 'hash', input, salt }).value;
const compare = (input: string, stored: string): unknown => run({ kind: 'compare', input, hash: stored }).value;
const newSalt = (cost = LOWEST_COST): string => bcrypt.genSaltSync(cost);

/** So many characters of a range of code points. */
function textOf(length: number, from: number, to: number): string {
  return String.fromCodePoint(...Array.from({ length }, () => randomInt(from, to)));
}

/** Passwords of a kind, each another. */
const KINDS: Readonly<Record<string, () => string>> = {
  'of printable ASCII': () => textOf(randomInt(1, 90), 0x20, 0x7f),
  'of any bytes of ASCII, NUL too': () => textOf(randomInt(1, 20), 0x00, 0x80),
  'of letters of two and three bytes': () => textOf(randomInt(1, 40), 0x80, 0xd800),
  'of characters beyond the first plane': () => textOf(randomInt(1, 24), 0x1_0000, 0x11_0000),
  'with half a surrogate pair': () => textOf(3, 0x20, 0x3000) + textOf(1, 0xd800, 0xdc00) + textOf(2, 0x20, 0x7f),
  'that end in half a surrogate pair': () => textOf(5, 0x20, 0x7f) + textOf(1, 0xd800, 0xe000),
  'of two halves in the wrong order': () => textOf(1, 0xdc00, 0xe000) + textOf(1, 0xd800, 0xdc00),
  'of 70 to 73 bytes': () => randomBytes(40).toString('hex').slice(0, randomInt(70, 74)),
  'of which a character crosses byte 72': () => 'a'.repeat(randomInt(69, 73)) + textOf(2, 0x1_0000, 0x11_0000),
};

const FIXED = [
  '',
  '\0',
  '\0\0',
  'a\0',
  'a\0b',
  '\0a',
  '\ufffd',
  '\ufeff',
  'a'.repeat(71),
  'a'.repeat(72),
  'a'.repeat(73),
];

describe('a hash', () => {
  it.each(Object.entries(KINDS))('of passwords %s is that of bcryptjs', (_kind, make) => {
    for (let times = 0; times < 40; times++) {
      const [password, salt] = [make(), newSalt()];
      expect([password, salt, hash(password, salt)]).toEqual([password, salt, bcrypt.hashSync(password, salt)]);
    }
  });

  it.each(FIXED)('of %j is that of bcryptjs', (password) => {
    const salt = newSalt();
    expect(hash(password, salt)).toBe(bcrypt.hashSync(password, salt));
  });

  it('tells half a surrogate pair from what UTF-8 has in its place', () => {
    const salt = newSalt();
    expect(hash('\ud800', salt)).not.toBe(hash('\ufffd', salt));
    expect(hash('\ud800', salt)).not.toBe(hash('\udc00', salt));
  });

  it('is that of the first 72 bytes, and of each of them', () => {
    const salt = newSalt();
    const common = 'x'.repeat(71);
    expect(hash(`${common}ab`, salt)).toBe(hash(`${common}ac`, salt));
    expect(hash(`${common}a`, salt)).not.toBe(hash(`${common}b`, salt));
  });

  it('has the cost that its salt names', () => {
    for (const cost of [4, 5, 7, 10]) {
      const salt = newSalt(cost);
      expect(hash('password', salt)).toBe(bcrypt.hashSync('password', salt));
    }
  });

  it('tells how long it took', () => {
    const startedAtMs = performance.now();
    const { ms } = run({ kind: 'hash', input: 'password', salt: newSalt(8) });
    expect(ms).toBeGreaterThan(1);
    expect(ms).toBeLessThanOrEqual(performance.now() - startedAtMs);
  });
});

describe('a comparison', () => {
  it.each(['2a', '2b', '2y'])('takes hashes of version %s', (version) => {
    for (const make of Object.values(KINDS)) {
      const password = make();
      const stored = bcrypt.hashSync(password, newSalt()).replace('$2b$', `$${version}$`);
      expect([password, compare(password, stored)]).toEqual([password, true]);
      expect([password, compare(`!${password}`, stored)]).toEqual([password, false]);
    }
  });

  it('takes a salt however the bits at its end are set that it does not use', () => {
    const stored = bcrypt.hashSync('password', newSalt());
    const value = ALPHABET.indexOf(stored.charAt(28));
    // Of the last character, two bits belong to the salt's 128.
    const spellings = ALPHABET.split('').filter((_letter, other) => other >> 4 === value >> 4);
    expect(spellings).toHaveLength(16);
    for (const letter of spellings) {
      const spelled = stored.slice(0, 28) + letter + stored.slice(29);
      expect([letter, compare('password', spelled)]).toEqual([letter, true]);
      expect([letter, compare('Password', spelled)]).toEqual([letter, false]);
    }
  });

  it('is not deceived by another salt or another digest', () => {
    const stored = bcrypt.hashSync('password', newSalt());
    for (const at of [7, 20, 29, 40, 59]) {
      const other = stored.charAt(at) === 'e' ? 'O' : 'e';
      expect([at, compare('password', stored.slice(0, at) + other + stored.slice(at + 1))]).toEqual([at, false]);
    }
  });

  it('with a decoy matches nothing', () => {
    for (const password of FIXED) expect(compare(password, newSalt() + DECOY_DIGEST)).toBe(false);
  });

  it('with a decoy hashes as often as one with a hash, also if its salt is spelled unusually', async () => {
    const hashes: unknown[] = [];
    vi.doMock('@node-rs/bcrypt', async (load) => {
      const native = await load<typeof import('@node-rs/bcrypt')>();
      const hashSync: typeof native.hashSync = (input, cost, salt) => {
        hashes.push(cost);
        return native.hashSync(input, cost, salt);
      };
      return { ...native, hashSync };
    });
    // @ts-expect-error -- an instance of its own, which loads the library that counts.
    const { default: counted } = (await import('../../src/users/bcrypt.worker.js?counted')) as { default: typeof run };
    vi.doUnmock('@node-rs/bcrypt');
    const salt = newSalt(5);
    const unusual = salt.slice(0, 28) + ALPHABET[ALPHABET.indexOf(salt.charAt(28)) | 5];
    const digest = bcrypt.hashSync('password', salt).slice(-31);
    // Where the library is not made for the platform, the other hashes.
    const other = vi.spyOn(bcrypt, 'hashSync');
    for (const stored of [salt + digest, salt + DECOY_DIGEST, unusual + digest, unusual + DECOY_DIGEST])
      for (const input of ['password', 'no password']) {
        const before = hashes.length + other.mock.calls.length;
        counted({ kind: 'compare', input, hash: stored });
        expect([stored, input, hashes.length + other.mock.calls.length]).toEqual([stored, input, before + 1]);
      }
    other.mockRestore();
  });
});
