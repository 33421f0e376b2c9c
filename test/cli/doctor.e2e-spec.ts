import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MailServer } from '../support/mail-server.js';
import { emptyFolder } from '../support/process.js';
import { latchkey, stored, TIME } from './run.js';

interface Report {
  readonly code: number | null;
  readonly stderr: string;
  readonly findings: readonly string[];
}

/** What the doctor says, each finding as `level about: found`. */
async function doctor(folder: string, env: Record<string, string> = {}): Promise<Report> {
  const { code, stdout, stderr } = await latchkey({ folder, env }, 'doctor', '--json');
  const findings = JSON.parse(stdout) as { level: string; about: string; found: string }[];
  return { code, stderr, findings: findings.map(({ level, about, found }) => `${level} ${about}: ${found}`) };
}

/** A folder with a database, a key and an audit trail. */
async function folderInUse(): Promise<string> {
  const folder = emptyFolder();
  await latchkey({ folder }, 'migrate');
  await latchkey({ folder }, 'keys', 'rotate');
  return folder;
}

const NO_MAIL = 'warn mail: no mail server: mails go into ./data/outbox, their links into the log';

describe('latchkey doctor', () => {
  it('in an empty folder finds nothing wrong, and makes nothing', async () => {
    const folder = emptyFolder();
    expect(await doctor(folder)).toEqual({
      code: 0,
      stderr: '',
      findings: [
        'ok settings: every setting is allowed',
        'ok address: PUBLIC_URL is http://localhost:3000',
        'ok limits: attempts are limited by the network they come from',
        'ok files: DATA_DIR=./data is not there yet: the first start makes it',
        'ok files: there is no service secret yet: the first start makes data/secret',
        'warn database: there is none yet',
        NO_MAIL,
      ],
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names every wrong setting, in lines for people too', async () => {
    const env = { PORT: 'x', LATCHKEY_SECRET: 'short' };
    expect(await latchkey({ folder: emptyFolder(), env }, 'doctor')).toEqual({
      code: 1,
      stdout: [
        'fail  settings  PORT=x is not allowed. Allowed: a whole number from 0 to 65535 -> correct it; the rest is checked then',
        'fail  settings  LATCHKEY_SECRET=(not shown) is not allowed. Allowed: empty, or at least 32 bytes -> correct it; the rest is checked then',
        '',
      ].join('\n'),
      stderr: '2 of 2 checks failed.\n',
    });
  });

  it('looks into files, database, keys, clock and mail server, and changes nothing', async () => {
    const folder = await folderInUse();
    const data = join(folder, 'data');
    const before = readdirSync(data);
    const server = await MailServer.start({ credentials: { user: 'latchkey', password: 'a mail secret' } });
    const host = `127.0.0.1:${server.port}`;
    const SMTP_URL = `smtp://latchkey:a%20mail%20secret@${host}`;
    const MAIL_FROM = 'login@example.com';
    const well = await doctor(folder, { SMTP_URL, MAIL_FROM });
    const refused = await doctor(folder, { SMTP_URL: SMTP_URL.replace('mail', 'other'), MAIL_FROM });
    await server.stop();
    expect(well).toEqual({
      code: 0,
      stderr: '',
      findings: [
        'ok settings: every setting is allowed',
        'ok address: PUBLIC_URL is http://localhost:3000',
        'ok limits: attempts are limited by the network they come from',
        expect.stringMatching(/^(ok|warn) files: DATA_DIR=\.\/data can be written, with \d+ MB free$/),
        'ok files: the service secret is in data/secret',
        'ok database: SQLite finds the file whole',
        'ok database: the schema is up to date',
        'ok names: every name could be chosen today, and none counts as two',
        'ok keys: all unseal: 1',
        expect.stringMatching(/^ok keys: \S{43} signs, since \S+$/),
        expect.stringMatching(/^ok clock: nothing was stored in the future; the newest is of \S+$/),
        `ok mail: ${host} lets us in`,
      ],
    });
    expect(refused.code).toBe(1);
    expect(refused.findings.at(-1)).toContain(`fail mail: ${host} does not let us in: Invalid login: 535 `);
    expect(JSON.stringify(refused)).not.toContain('secret@');
    expect(readdirSync(data)).toEqual(before);
    expect(server.offered).toBe(0);
  });

  it('tells of open files, another secret, an overdue key and a clock that was set back', async () => {
    const folder = await folderInUse();
    const data = join(folder, 'data');
    chmodSync(join(data, 'latchkey.db'), 0o644);
    stored(data, `UPDATE audit_events SET at = '2999-01-01 00:00:00.000' RETURNING 1`);
    stored(data, `UPDATE signing_keys SET signs_from = '2020-01-01 00:00:00.000' RETURNING 1`);
    const { code, findings } = await doctor(folder, { LATCHKEY_SECRET: 'another secret than the keys are under' });
    expect(code).toBe(1);
    expect(findings.filter((finding) => !finding.startsWith('ok'))).toEqual([
      'fail files: other users of this machine may open data/latchkey.db',
      expect.stringMatching(/^fail keys: Signing key \S{43} will not unseal/),
      expect.stringMatching(/^warn keys: \S{43} signs, since 2020\S+, and the next key is overdue$/),
      expect.stringMatching(/^fail clock: it is \S+ here, and something was stored at 2999-01-01T00:00:00\.000Z$/),
      NO_MAIL,
    ]);
  });

  it('tells of a secret that is gone, a schema that is behind, and settings that let others in', async () => {
    const folder = await folderInUse();
    const data = join(folder, 'data');
    rmSync(join(data, 'secret'));
    const [last] = stored<{ name: string }>(
      data,
      'DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations) RETURNING name',
    );
    const env = { MIGRATE: 'off', PUBLIC_URL: 'http://login.example.com', LIMITS: 'off' };
    const { code, findings } = await doctor(folder, env);
    expect(code).toBe(1);
    expect(findings.filter((finding) => !finding.startsWith('ok'))).toEqual([
      'warn address: PUBLIC_URL is http://login.example.com: passwords and tokens travel unprotected',
      'warn limits: LIMITS=off: passwords can be guessed without end',
      expect.stringMatching(
        /^fail files: data\/secret is missing, and what is in data\/latchkey\.db is sealed under it/,
      ),
      `fail database: these migrations were not run: ${last?.name}`,
      NO_MAIL,
    ]);
    expect(readdirSync(data)).not.toContain('secret');
  });

  it('tells of a key that signs ahead of its turn, and of one that was stored under another secret', async () => {
    const folder = await folderInUse();
    const data = join(folder, 'data');
    await latchkey({ folder }, 'keys', 'rotate');
    const [signer, next] = stored<{ kid: string }>(data, 'SELECT kid FROM signing_keys ORDER BY sequence');
    await latchkey({ folder }, 'keys', 'revoke', String(signer?.kid));
    const { findings } = await doctor(folder);
    expect(findings.filter((finding) => finding.includes(' keys: '))).toEqual([
      'ok keys: all unseal: 1',
      expect.stringMatching(new RegExp(`^ok keys: ${next?.kid} signs, ahead of its turn, which is ${TIME}$`)),
    ]);
    stored(
      data,
      `INSERT INTO signing_keys SELECT 'stray', 9, algorithm, public_jwk, sealed_private_key, created_at,
         '2999-01-01 00:00:00.000', token_seconds, NULL FROM signing_keys WHERE sequence = 1 RETURNING 1`,
    );
    const { stdout } = await latchkey({ folder }, 'doctor');
    expect(stdout).toMatch(/^fail {2}keys {6}Signing key stray will not unseal.* -> run: latchkey keys revoke stray$/m);
  });

  it('lists accounts that could not be made today, and those whose names count as alike, 50 of each at most', async () => {
    const folder = await folderInUse();
    const data = join(folder, 'data');
    const add = (id: number, username: string, email: string, emailKey = email): void => {
      stored(
        data,
        `INSERT INTO users (id, username, username_key, email, email_key, password_hash, is_admin, status, pin_failures,
           security_epoch, created_at, updated_at, email_verified_at)
         VALUES (${id}, '${username}', '${username.toLowerCase()}', '${email}', '${emailKey}', '!', 0, 'active', 0, 0,
           '2026-01-01 00:00:00.000', '2026-01-01 00:00:00.000', '2026-01-01 00:00:00.000') RETURNING 1`,
      );
    };
    add(1, 'ada', 'ada@b\u00fccher.example', 'ada@xn--bcher-kva.example');
    add(2, 'a\u200Bda', 'two@example.com');
    add(3, 'three', 'th\u00ADree@example.com');
    add(4, 'J\u030Cim', 'four@example.com');
    add(5, '\u01F0im', 'five@example.com');
    add(6, 'six', 'ada@bu\u0308cher.example');
    add(7, 'seven', 'j\u00f6rg@example.com');
    add(8, 'eight', 'eight@\u65e5\u672c.jp');
    const names = ({ findings }: Report): string[] => findings.filter((finding) => finding.includes(' names: '));
    const listed = [
      'warn names: names that are refused today, of 2 accounts: 2, 3',
      'warn names: names that count as alike by now, of 4 accounts: 1, 4, 5, 6',
    ];

    expect(names(await doctor(folder))).toEqual(listed);
    const server = await MailServer.start({ readsAsciiOnly: true });
    const withServer = await doctor(folder, { SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    await server.stop();
    expect(withServer.code).toBe(0);
    expect(names(withServer)).toEqual([
      ...listed,
      'warn names: addresses that need SMTPUTF8, which the mail server does not offer, of 1 account: 7',
    ]);
    for (let id = 100; id < 160; id++) add(id, `a\u2060${id}`, `${id}@example.com`);
    const { stdout } = await latchkey({ folder }, 'doctor');
    expect(stdout).toContain('warn  names     names that are refused today, of 62 accounts: 2, 3, 100, ');
    expect(stdout).toContain(', 147 and 12 more -> look at them: invisible characters make names look alike\n');
  });

  it('tells of a database that is none', async () => {
    const folder = await folderInUse();
    writeFileSync(join(folder, 'data', 'latchkey.db'), 'Not a database. '.repeat(100));
    const { code, findings } = await doctor(folder);
    expect(code).toBe(1);
    expect(findings).toContain('fail database: it cannot be used: file is not a database');
    const { stdout } = await latchkey({ folder }, 'doctor');
    expect(stdout).toContain('file is not a database -> stop the service and put a backup back\n');
  });
});
