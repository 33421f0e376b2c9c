import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { LATCHKEY } from '../support/built.js';
import { send } from '../support/http.js';
import { MailServer } from '../support/mail-server.js';
import { AT_FULL_SIZE, needing } from '../support/needs.js';
import { newPerson } from '../support/people.js';
import { emptyFolder, freePort } from '../support/process.js';
import { latchkey, latchkeyProcess, stored, trail } from './run.js';

const PASSWORD = 'Aurora borealis 7';

const accounts = (folder: string): object[] =>
  stored(join(folder, 'data'), 'SELECT username, email, is_admin, status, email_verified_at FROM users ORDER BY id');

describe('latchkey admin create, in an empty folder', () => {
  it('makes the database and an active administrator, and leaves one of that name as it is', async () => {
    const folder = emptyFolder();
    const { username, email } = newPerson();
    const input = `${PASSWORD}\nanother line\n`;
    const made = await latchkeyProcess({ folder, input }, 'admin', 'create', username, '--email', email);
    expect(made).toEqual({
      code: 0,
      stdout: `created administrator ${username}, account 1\n`,
      stderr: `${email} counts once it is verified: POST http://localhost:3000/verify/resend with {"email":"${email}"} mails the link.\n`,
    });
    const account = { username, email, is_admin: 1, status: 'active', email_verified_at: null };
    expect(accounts(folder)).toEqual([account]);
    const data = join(folder, 'data');
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600);
    expect(statSync(join(data, 'latchkey.db')).mode & 0o777).toBe(0o600);

    const hash = stored(data, 'SELECT password_hash FROM users');
    const taken = await latchkey({ folder, input }, 'admin', 'create', username.toUpperCase());
    expect(taken).toEqual({
      code: 1,
      stdout: '',
      stderr: `The username ${username.toUpperCase()} is taken; nothing was changed.\n`,
    });
    stored(data, 'UPDATE users SET email_verified_at = created_at RETURNING id');
    const mailTaken = await latchkey({ folder, input }, 'admin', 'create', 'other', '--email', email);
    expect(mailTaken).toEqual({
      code: 1,
      stdout: '',
      stderr: `The e-mail address ${email} is taken; nothing was changed.\n`,
    });
    expect(accounts(folder)).toEqual([{ ...account, email_verified_at: expect.any(String) as string }]);
    expect(stored(data, 'SELECT password_hash FROM users')).toEqual(hash);
    expect(trail(data)).toEqual([{ kind: 'account_created', account_id: 1, detail: '{"is_admin":true}' }]);
  });

  it('refuses a password that is too weak, too like the name or missing, and never shows it', async () => {
    const folder = emptyFolder();
    const { username } = newPerson();
    for (const password of ['Zx9#qLm', 'password1', `${username}7`]) {
      const { code, stdout, stderr } = await latchkey({ folder, input: password }, 'admin', 'create', username);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^The password is not acceptable: [^\n]+\n$/);
      expect(stderr).not.toContain(password);
    }
    expect(await latchkey({ folder }, 'admin', 'create', username)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no password on standard input; nothing was done.\n',
    });
    const input = Buffer.from(`${PASSWORD}\u00e9\n`, 'latin1');
    expect(await latchkey({ folder, input }, 'admin', 'create', username)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The password is not encoded in UTF-8; nothing was done.\n',
    });
    expect(accounts(folder)).toEqual([]);
  });

  it('refuses names that no account can have, and makes nothing', async () => {
    const folder = emptyFolder();
    for (const username of [' ada', 'a\u200Bda', 'a\u3164da', 'ada\u202E']) {
      const name = await latchkey({ folder, input: PASSWORD }, 'admin', 'create', username);
      expect(name).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^A username has 1 to 150 characters.*\n$/),
      });
    }
    const email = await latchkey({ folder, input: PASSWORD }, 'admin', 'create', 'ada', '--email', 'ada');
    expect(email).toMatchObject({ code: 1, stderr: 'ada is not an e-mail address of at most 254 characters.\n' });
    const server = await MailServer.start({ readsAsciiOnly: true });
    onTestFinished(() => server.stop());
    const env = { SMTP_URL: `smtp://127.0.0.1:${server.port}` };
    const utf8 = await latchkey(
      { folder, env, input: PASSWORD },
      'admin',
      'create',
      'ada',
      '--email',
      'j\u00f6rg@x.org',
    );
    expect(utf8).toMatchObject({
      code: 1,
      stderr: 'The mail server takes no address like j\u00f6rg@x.org: it does not offer SMTPUTF8.\n',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** Answers what a terminal shows while a command runs on it, and how it ended; what is typed follows each prompt. */
async function onTerminal(folder: string, command: string, typed: readonly string[]): Promise<[string, number]> {
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  const left = [...typed];
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (chunk.toString().includes('Password')) child.stdin.write(left.shift() ?? '');
  });
  const code = await new Promise<number>((ended) => child.on('close', ended));
  return [shown, code];
}

const TERMINAL = needing(existsSync('/usr/bin/script') ? undefined : 'script(1)');

describe('latchkey admin create, on a terminal', TERMINAL, () => {
  it('asks twice without echo, and does nothing when the two differ', async () => {
    const folder = emptyFolder();
    const create = `${process.execPath} ${LATCHKEY} admin create ada`;
    const [differing, refused] = await onTerminal(folder, create, [`${PASSWORD}\r`, `${PASSWORD}8\r`]);
    expect([differing.includes('The two passwords differ; nothing was done.'), refused]).toEqual([true, 1]);
    const [shown, code] = await onTerminal(folder, create, [`${PASSWORD}\r`, `${PASSWORD}\r`]);
    expect([shown.includes('created administrator ada, account 1'), code]).toEqual([true, 0]);
    expect(differing + shown).not.toContain('borealis');
  });

  it('does nothing at the end of input', AT_FULL_SIZE, async () => {
    const create = `${process.execPath} ${LATCHKEY} admin create ada`;
    const [canceled, failed] = await onTerminal(emptyFolder(), create, ['\u0004']);
    expect([canceled.includes('Canceled; nothing was done.'), failed]).toEqual([true, 1]);
  });
});

describe('latchkey serve', () => {
  it('runs the service until SIGTERM, as node dist/main.js does', async () => {
    const folder = emptyFolder();
    const env = { PORT: await freePort() };
    const child = spawn(process.execPath, [LATCHKEY, 'serve'], { cwd: folder, env });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'close');
    for await (const line of createInterface(child.stdout)) if (line.includes(' is listening at ')) break;
    const answer = await send('GET', `http://127.0.0.1:${env.PORT}/health`);
    child.kill('SIGTERM');
    child.stdout.resume();
    expect([answer.status, ...((await ended) as unknown[])]).toEqual([200, 0, null]);
    expect(statSync(join(folder, 'data', 'latchkey.db')).mode & 0o777).toBe(0o600);
  });
});

describe('latchkey migrate', () => {
  it('says what it ran, and then that there is nothing to do', async () => {
    const folder = emptyFolder();
    const stdout = MIGRATIONS.map(({ name }) => `ran ${name}\n`).join('');
    expect(await latchkey({ folder }, 'migrate')).toEqual({ code: 0, stdout, stderr: '' });
    expect(await latchkey({ folder, env: { MIGRATE: 'off' } }, 'migrate')).toEqual({
      code: 0,
      stdout: 'Nothing to do: the database is up to date.\n',
      stderr: '',
    });
  });
});

describe('a command without what it needs', () => {
  it('is refused in one line, and makes nothing', async () => {
    const folder = emptyFolder();
    const stderr = 'There is no database at data/latchkey.db yet. Make it with: latchkey migrate\n';
    expect(await latchkey({ folder }, 'keys', 'list')).toEqual({ code: 1, stdout: '', stderr });
    const env = { MIGRATE: 'off' };
    const create = await latchkey({ folder, env, input: PASSWORD }, 'admin', 'create', 'ada');
    expect(create).toEqual({ code: 1, stdout: '', stderr });
    expect(await latchkey({ folder, env: { PORT: 'x' } }, 'client', 'list')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'PORT=x is not allowed. Allowed: a whole number from 0 to 65535.\n',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused on a database of another version', async () => {
    const folder = emptyFolder();
    await latchkey({ folder }, 'migrate');
    const data = join(folder, 'data');
    stored(data, `INSERT INTO migrations (timestamp, name) VALUES (1, 'Later') RETURNING 1`);
    expect(await latchkey({ folder }, 'keys', 'rotate')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The database is of a newer version, which has run Later. Use that version.\n',
    });
    stored(data, `DELETE FROM migrations WHERE name IN ('Later', '${MIGRATIONS.at(-1)?.name}') RETURNING 1`);
    expect(await latchkey({ folder }, 'keys', 'rotate')).toEqual({
      code: 1,
      stdout: '',
      stderr: `The database is of an older version: ${MIGRATIONS.at(-1)?.name} was not run. Start this version of the service, or run: latchkey migrate\n`,
    });
  });
});
