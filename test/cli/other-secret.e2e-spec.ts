import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../support/process.js';
import { latchkey, stored } from './run.js';

const OTHER = { LATCHKEY_SECRET: 'another secret than the keys are under' };

const keysIn = (folder: string): object[] =>
  stored(join(folder, 'data'), 'SELECT kid, revoked_at FROM signing_keys ORDER BY sequence');

describe('latchkey keys, under another secret than that of the keys', () => {
  it.each(['rotate', 'revoke'])('%s is refused in one line, and changes nothing', async (act) => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    const kid = /\S{43}/.exec((await latchkey({ folder }, 'keys', 'rotate')).stdout)?.[0] ?? '';
    const args = act === 'revoke' ? [act, kid] : [act];
    expect(await latchkey({ folder, env: OTHER }, 'keys', ...args)).toEqual({
      code: 1,
      stdout: '',
      stderr: `Signing key ${kid} will not unseal: it was stored under another service secret (LATCHKEY_SECRET).\n`,
    });
    expect(keysIn(folder)).toEqual([{ kid, revoked_at: null }]);
  });
});
