import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../src/config/env.js';
import { AuthError } from '../../src/errors/auth-error.js';
import { isAcceptableNewPassword, PasswordPolicy } from '../../src/users/password-policy.js';

describe('isAcceptableNewPassword', () => {
  it('demands 8 characters, counted as code points, and no more', () => {
    expect(['zq7-vkw', 'zq7-vkw9', '\u{1F511}'.repeat(7), '\u{1F511}'.repeat(8)].map(accepts)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('takes characters of any kind, in any composition, 64 of them and many more', () => {
    const passwords = [
      'zqvkwmxt',
      '83920174',
      '        ',
      'Straßenbahnlinie',
      'パスワード保管庫',
      'zq7-vkw9 '.repeat(8),
    ];
    expect(passwords.map(accepts)).toEqual(passwords.map(() => true));
  });

  it('refuses what no contract takes', () => {
    expect(['zqvkwmx\u0000', 'zqvkwmx\uD83D', 'z'.repeat(1025)].map(accepts)).toEqual([false, false, false]);
  });

  it('refuses every one of the 10,000 most common passwords of 8 or more characters, in any case of letters', () => {
    const common = readFileSync('src/users/common-passwords.txt', 'utf8').trimEnd().split('\n');
    expect(common.length).toBe(10_000);
    expect(new Set(common).size).toBe(10_000);
    expect(common.filter((password) => password.length < 8)).toEqual([]);
    expect(common.filter((password) => accepts(password) || accepts(password.toUpperCase()))).toEqual([]);
  });

  it('takes what only holds a common password, or is several lines of the list', () => {
    expect(['password-zq7', 'my password', 'password\n12345678', 'assword1'].map(accepts)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('demands 8 characters beside words that anybody would guess, of which those below 4 letters do not count', () => {
    const words = ['Alice', 'Latchkey', 'bob'];
    const accepted = ['alice-19840', 'LATCHKEYalice84', 'alice-of-the-blue-door', 'bob bob bob zq'].map((password) =>
      isAcceptableNewPassword(password, ...words),
    );
    expect(accepted).toEqual([false, false, true, true]);
  });
});

describe('PasswordPolicy', () => {
  const owner = { username: 'marigold', email: 'm.gardener@example.com' };
  const words = { native: ['Marigold-2026', 'm.gardener-26', 'latchkey#2026', 'Acmeworks-2026'], fine: 'zq7-vkw9' };

  it('refuses the words of the account, the service and its address where the service makes the rules', () => {
    expect(words.native.map((password) => outcome('off', 'native', password))).toEqual(words.native.map(() => REFUSED));
    expect(outcome('off', 'native', words.fine)).toBe('accepted');
  });

  it('leaves contracts to their documents, unless they are strict', () => {
    const password = 'short';
    expect(outcome('off', 'contract', password)).toBe('accepted');
    expect(outcome('on', 'contract', password)).toBe(REFUSED);
    expect(outcome('off', 'contract', '')).toBe(REFUSED);
  });

  const REFUSED = 'password_invalid';

  function outcome(CONTRACT_STRICT: string, rules: 'native' | 'contract', password: string): string {
    const config = parseEnvironment({ CONTRACT_STRICT, PUBLIC_URL: 'https://login.acmeworks.example' });
    try {
      new PasswordPolicy(config).demand(password, rules, owner);
      return 'accepted';
    } catch (error) {
      return (error as AuthError).code;
    }
  }
});

function accepts(password: string): boolean {
  return isAcceptableNewPassword(password);
}
