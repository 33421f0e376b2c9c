import { expect, describe, it, onTestFinished, vi } from 'vitest';
import { BY_ITSELF, HashingPool } from '../../src/users/hashing-pool.js';
import { PasswordHasher } from '../../src/users/password-hasher.js';
import { startService } from '../support/service.js';

describe('A refused sign-in', () => {
  it.each([
    ['half of a surrogate pair', '\ud83d'],
    ['half of a pair, and more than bcrypt reads', `${'a'.repeat(100)}\ud83d`],
    ['a NUL', 'Secret\0'],
    ['more than 1,024 bytes', 'a'.repeat(50_000)],
    ['nothing', ''],
  ])('compares the same for a text that no password may be, whoever is asked for: %s', async (_what, text) => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const hasher = service.app.get(PasswordHasher);
    const stored = [
      await hasher.hash('Secret1234', BY_ITSELF),
      await hasher.hash('a'.repeat(100), BY_ITSELF),
      undefined,
    ];
    const compare = vi.spyOn(service.app.get(HashingPool), 'compare');
    const work = [];
    for (const one of stored) {
      expect(await hasher.verify(text, one, BY_ITSELF)).toBe(false);
      work.push(
        compare.mock.calls
          .splice(0)
          .map(([input, hash]) => [input.length < 73, !/\p{Cs}/u.test(input), hash.slice(4, 6)]),
      );
    }
    expect(work).toEqual(stored.map(() => [[true, true, '04']]));
  });
});
