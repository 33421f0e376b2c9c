import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../support/process.js';
import { latchkey, TIME, trail } from './run.js';

describe('latchkey client', () => {
  it('makes clients whose secret is shown once and stored nowhere, lists them, changes their scopes, and revokes them', async () => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    const made = await latchkey(
      { folder },
      'client',
      'create',
      'my billing',
      '--scope',
      'revoke',
      '--scope',
      'introspect',
    );
    expect(made).toMatchObject({ code: 0, stderr: 'The secret is shown only now: only its hash is stored.\n' });
    const [, id = '', secret = ''] = /^client_id {6}(svc_\S+)\nclient_secret {2}(\S{43})\n$/.exec(made.stdout) ?? [];
    expect(id).not.toBe('');
    const created_at = expect.stringMatching(`^${TIME}$`);
    const client = { id, name: 'my billing', scopes: ['introspect', 'revoke'], created_at, revoked_at: null };
    expect(JSON.parse((await latchkey({ folder }, 'client', 'list', '--json')).stdout)).toEqual([client]);
    const scopes = (): ReturnType<typeof latchkey> =>
      latchkey({ folder }, 'client', 'scopes', id, '--scope', 'introspect', '--scope', 'introspect:refresh');
    const useless = { code: 1, stdout: '', stderr: 'introspect:refresh counts only beside introspect.\n' };
    for (const args of [
      ['create', 'useless'],
      ['scopes', id],
    ])
      expect(await latchkey({ folder }, 'client', ...args, '--scope', 'introspect:refresh')).toEqual(useless);
    expect(await scopes()).toEqual({ code: 0, stdout: `${id} may introspect, introspect:refresh\n`, stderr: '' });
    expect(await latchkey({ folder }, 'client', 'revoke', id)).toEqual({
      code: 0,
      stdout: `revoked ${id}\n`,
      stderr: '',
    });
    expect(await scopes()).toEqual({
      code: 1,
      stdout: '',
      stderr: `There is no client ${id}, or it is revoked already. See: latchkey client list\n`,
    });
    expect(await latchkey({ folder }, 'client', 'revoke', id)).toEqual({
      code: 1,
      stdout: '',
      stderr: `There is no client ${id}, or it is revoked already. See: latchkey client list\n`,
    });
    const { stdout } = await latchkey({ folder }, 'client', 'list');
    expect(stdout).toMatch(
      new RegExp(`^${id}  introspect introspect:refresh  created ${TIME}  revoked ${TIME}  my billing\n$`),
    );
    const data = join(folder, 'data');
    expect(trail(data)).toEqual([
      {
        kind: 'client_created',
        account_id: null,
        detail: JSON.stringify({ client_id: id, name: 'my billing', scopes: ['revoke', 'introspect'] }),
      },
      {
        kind: 'client_scopes_changed',
        account_id: null,
        detail: JSON.stringify({
          client_id: id,
          scopes: ['introspect', 'introspect:refresh'],
          scopes_before: ['introspect', 'revoke'],
        }),
      },
      { kind: 'client_revoked', account_id: null, detail: JSON.stringify({ client_id: id }) },
    ]);
    for (const file of readdirSync(data)) expect(readFileSync(join(data, file)).includes(secret)).toBe(false);
  });
});

describe('latchkey keys', () => {
  it('publishes one key ahead and no more, and withdraws keys so that there is always one that signs', async () => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    const first = await latchkey({ folder }, 'keys', 'rotate');
    const kidOf = (text: string): string => /\S{43}/.exec(text)?.[0] ?? '';
    const one = kidOf(first.stdout);
    expect(first.stdout).toMatch(new RegExp(`^published ${one}, which signs from ${TIME}\n$`));
    const two = kidOf((await latchkey({ folder }, 'keys', 'rotate')).stdout);
    const again = await latchkey({ folder }, 'keys', 'rotate');
    expect(again.stdout).toMatch(
      new RegExp(`^Nothing was published: waiting already is ${two}, which signs from ${TIME}\n$`),
    );
    const listed = await latchkey({ folder }, 'keys', 'list');
    expect(listed.stdout).toMatch(
      new RegExp(`^${one}  ES256  created ${TIME}  signs\n${two}  ES256  created ${TIME}  signs from ${TIME}\n$`),
    );

    const reach =
      'Tokens that it signed are refused within 5 s here, and within 10 minutes by services that cache the JWKS.';
    expect(await latchkey({ folder }, 'keys', 'revoke', one)).toEqual({
      code: 0,
      stdout: `withdrew ${one}\n${reach}\n${two} signs in its place\n`,
      stderr: '',
    });
    expect(await latchkey({ folder }, 'keys', 'revoke', one)).toEqual({
      code: 1,
      stdout: '',
      stderr: `There is no key ${one}, or it is withdrawn already. See: latchkey keys list\n`,
    });
    // One kid in 64 begins with a hyphen, and is no option.
    for (const hyphened of [`-${one.slice(0, -1)}`, `-V${one.slice(0, -2)}`, `-h${one.slice(0, -2)}`])
      expect(await latchkey({ folder }, 'keys', 'revoke', hyphened)).toMatchObject({
        stderr: `There is no key ${hyphened}, or it is withdrawn already. See: latchkey keys list\n`,
      });
    const { stdout } = await latchkey({ folder }, 'keys', 'revoke', two);
    const three = /(\S{43}) signs in its place/.exec(stdout)?.[1];
    const at = expect.stringMatching(`^${TIME}$`);
    const key = { algorithm: 'ES256', at, created_at: at };
    expect(JSON.parse((await latchkey({ folder }, 'keys', 'list', '--json')).stdout)).toEqual([
      { ...key, kid: one, state: 'withdrawn' },
      { ...key, kid: two, state: 'withdrawn' },
      { ...key, kid: three, state: 'signs', at: null },
    ]);
    const kinds = trail(join(folder, 'data')).map((event) => (event as { kind: string }).kind);
    expect(kinds).toEqual(['key_published', 'key_published', 'key_revoked', 'key_published', 'key_revoked']);
  });
});
