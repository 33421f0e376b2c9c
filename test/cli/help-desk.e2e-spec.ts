import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PinsStore } from '../../src/users/pins.store.js';
import { User } from '../../src/users/user.entity.js';
import { UsersService } from '../../src/users/users.service.js';
import { type Admin, newAdmin, somebody } from '../support/admins.js';
import { bothEngines } from '../support/engines.js';
import { confirm, mailsTo } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { type Environment, type Service, startService } from '../support/service.js';
import { type Ending, latchkey } from './run.js';

describe.each(bothEngines('cli_help_desk'))('The help desk on the command line, on $engine', ({ settings }) => {
  let service: Service;
  let admin: Admin;
  let env: Environment;

  beforeAll(async () => {
    const own = await settings();
    service = await startService(own);
    admin = await newAdmin(service);
    env = { DATA_DIR: service.dataDir, PUBLIC_URL: 'http://latchkey.test', ...own };
  });
  afterAll(() => service.stop());

  const run = (...args: string[]): Promise<Ending> => latchkey({ folder: service.dataDir, env }, ...args);
  const told = async (query: string): Promise<unknown[]> =>
    (await admin.events(`client=command+line&${query}`)).map(({ kind, account_id, refusal, detail }) => [
      kind,
      account_id,
      refusal,
      detail,
    ]);

  it('finds accounts by a part of a name', async () => {
    const { id, person } = await somebody(service);
    const part = person.username.slice(1);
    expect(await run('account', 'find', part)).toEqual({
      code: 0,
      stdout: `${id}  active  ${person.username}  -\n`,
      stderr: '',
    });
    const { stdout } = await run('account', 'find', part, '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ id, username: person.username }]);
    expect(await run('account', 'find', 'no such name')).toMatchObject({ code: 0, stdout: '' });
    expect((await told('kind=accounts_searched')).length).toBe(3);
  });

  it('sets an address, proved or to be proved, whose link the running service mails', async () => {
    const { id } = await somebody(service);
    const { email } = newPerson();
    expect(await run('account', 'email', `${id}`, email)).toMatchObject({
      code: 0,
      stdout: `account ${id} has ${email}\n`,
    });
    expect((await confirm(service, email)).status).toBe(200);
    expect(await run('account', 'email', `${id}`, email.toUpperCase())).toEqual({
      code: 0,
      stdout: `account ${id} has ${email.toUpperCase()}\n`,
      stderr: '',
    });
    const other = await somebody(service);
    expect(await run('account', 'email', `${other.id}`, email, '--verified')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The e-mail address is taken.\n',
    });
    expect(await told('kind=email_set')).toEqual([
      ['email_set', other.id, 'email_taken', { email_verified: true }],
      ['email_set', id, null, { email_verified: true }],
      ['email_set', id, null, { email_verified: false }],
    ]);
  });

  it('mails a reset link, and refuses what cannot be', async () => {
    const { email, username } = newPerson();
    const body = { username, email, email_verified: true, password: 'Aurora borealis 7#' };
    const { id } = (await admin.send('POST', '/admin/users', { body })).json as { id: number };
    expect((await run('account', 'reset-password', `${id}`)).code).toBe(0);
    expect(await mailsTo(service, email)).toHaveLength(1);
    expect(await run('account', 'reset-password', '2147483647')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no account of that id.\n',
    });
    expect((await run('account', 'reset-password', 'x')).code).toBe(2);
  });

  it('unlocks a PIN and clears budgets', async () => {
    const { id } = await somebody(service);
    expect(await run('account', 'unlock-pin', `${id}`)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The account has no PIN.\n',
    });
    await service.app.get(DataSource).getRepository(User).update({ id }, { pinHash: 'a hash' });
    const failures = async (): Promise<number | undefined> =>
      (await service.app.get(UsersService).findById(id))?.pinFailures;
    for (const [what, kind] of [
      ['unlock-pin', 'pin_unlocked'],
      ['clear-budgets', 'budgets_cleared'],
    ] as const) {
      await service.app.get(PinsStore).countTry(id, new Date(Date.now() + 900_000));
      expect(await failures()).toBe(1);
      expect((await run('account', what, `${id}`)).code).toBe(0);
      expect(await failures()).toBe(0);
      expect((await told(`kind=${kind}`))[0]).toEqual([kind, id, null, null]);
    }
  });

  it('lists sessions of all accounts and exports the trail, by what the API takes', async () => {
    const { id } = await somebody(service);
    const { stdout } = await run('sessions', 'list', '--account', `${id}`, '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ account_id: id, contract: 'token-pair' }]);
    expect((await run('sessions', 'list', '--contract', 'token-pair')).stdout).toContain(`account ${id}  token-pair`);
    const events = await admin.events(`account=${id}`);
    const exported = await run('audit', 'export', '--account', `${id}`);
    expect(
      exported.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as object),
    ).toEqual(events);
    expect(await told('kind=trail_exported')).toEqual([['trail_exported', null, null, { account: id }]]);
    for (const [option, value, command] of [
      ['kind', 'Must be a kind of event.', ['audit', 'export']],
      ['contract', 'Must be the name of a contract.', ['sessions', 'list']],
      ['from', 'Must be a time of ISO 8601 with its zone.', ['sessions', 'list']],
    ] as const)
      expect(await run(...command, `--${option}`, 'nonsense')).toEqual({
        code: 2,
        stdout: '',
        stderr: `--${option}: ${value}\n`,
      });
  });
});
