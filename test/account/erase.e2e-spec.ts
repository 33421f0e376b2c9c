import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { RevocationService } from '../../src/auth/sessions/revocation.service.js';
import { KnownNetwork } from '../../src/limits/known-network.entity.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { MailsStore } from '../../src/mail/mails.store.js';
import { WaitingMail } from '../../src/mail/mail.entity.js';
import { OneTimeToken } from '../../src/tokens/one-time-token.entity.js';
import { Session } from '../../src/tokens/session.entity.js';
import { NO_PASSWORD } from '../../src/users/password-scheme.js';
import { User } from '../../src/users/user.entity.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { cookie } from '../drivers/cookie.driver.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { changeAccount } from '../support/accounts.js';
import { CookieClient } from '../support/cookie.client.js';
import { givenCookies } from '../support/cookies.js';
import type { Answer, Sending } from '../support/http.js';
import { invalidFields, problem } from '../support/problems.js';
import { type Service, startService } from '../support/service.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const DONE = { status: 204, body: undefined };

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const clientOf = (driver: Driver): AccountClient => new AccountClient(() => service, driver);
const erase = (holder: Holder, body: Sending['body'], headers = {}): Promise<Answer> =>
  askAs(service, holder, 'DELETE', '/account', { body, headers });
const erased = async (holder: Holder, password: unknown, headers = {}): Promise<object> =>
  whole(await erase(holder, { password }, headers));
const account = async (holder: Holder): Promise<object> => whole(await askAs(service, holder, 'GET', '/account'));
const IN_USE = expect.objectContaining({ status: 200 }) as object;

describe('DELETE /account', () => {
  it.each(DRIVERS)('erases an account of $name: every session is refused, and nobody signs in', async (driver) => {
    const client = clientOf(driver);
    const mine = await client.newcomer();
    const other = await client.signIn(mine.person);
    const { accountId, sessionId } = await idsOf(service, mine);

    const answer = await erase(mine, { password: mine.person.password });
    expect(whole(answer)).toEqual(DONE);
    expect(givenCookies(answer).map(({ name, value }) => [name, value])).toEqual(
      driver === cookie ? [['token', '']] : [],
    );
    for (const holder of [mine, other]) expect(await account(holder)).toEqual(problem('token_account_gone'));
    expect(whole(await client.ask(driver.signIn(mine.person)))).toEqual(driver.refusals.unknownAccount);
    const row = await service.app.get(DataSource).getRepository(User).findOneByOrFail({ id: accountId });
    expect(Object.values(row).filter((value) => typeof value === 'string')).toEqual([
      NO_PASSWORD,
      'deactivated',
      'account_deleted',
    ]);
    expect(await trailOf(service, accountId, 'account_erased')).toEqual([
      expect.objectContaining({ door: 'account', actorId: accountId, sessionId, refusal: null }),
    ]);
  });

  it('keeps of the account in the audit trail its id, and no name', async () => {
    const mine = await clientOf(cookie).newcomer();
    const { accountId } = await idsOf(service, mine);
    await erased(mine, 'NotMyPassword1');
    await erased(mine, mine.person.password);
    await trailOf(service, accountId, 'account_erased');
    const events = await service.app.get(DataSource).getRepository(AuditEvent).findBy({ accountId });
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['signed_in', 'account_erased']));
    for (const text of [mine.person.username, mine.person.password]) expect(JSON.stringify(events)).not.toContain(text);
    expect(events.map(({ identifierHash }) => identifierHash)).toEqual(events.map(() => null));
  });

  it('keeps nowhere else whose account it was, nor where its sessions came from', async () => {
    const mine = await clientOf(cookie).newcomer({ 'user-agent': 'a device of mine' });
    const { accountId } = await idsOf(service, mine);
    const store = service.app.get(DataSource);
    // Its mail is still waiting when the account is erased.
    const look = vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    await askAs(service, mine, 'POST', '/account/email', {
      body: { email: `next.${mine.person.email}`, password: mine.person.password },
    });
    await expect.poll(() => store.getRepository(WaitingMail).count()).toBe(1);
    await service.app.get(KnownNetworks).flush();
    const forgetting = vi.spyOn(service.app.get(RevocationService), 'forget');
    await erased(mine, mine.person.password);
    expect(forgetting.mock.calls).toEqual([[accountId]]);
    // A store that is slow forgets after the answer.
    await forgetting.mock.results[0]?.value;
    forgetting.mockRestore();
    look.mockRestore();

    const left = await Promise.all([
      store.getRepository(OneTimeToken).countBy({ userId: accountId }),
      store.getRepository(KnownNetwork).countBy({ userId: accountId }),
      store.getRepository(WaitingMail).count(),
    ]);
    expect(left).toEqual([0, 0, 0]);
    expect(await store.getRepository(Session).findBy({ userId: accountId })).toMatchObject([
      { ip: null, userAgent: null },
    ]);
  });

  it('frees the name, and gives a new account of that name another id', async () => {
    const client = clientOf(bareToken);
    const mine = await client.newcomer();
    const { accountId } = await idsOf(service, mine);
    await erased(mine, mine.person.password);
    expect((await client.ask(bareToken.registration(mine.person))).status).toBe(200);
    const again = await client.signIn(mine.person);
    expect((await idsOf(service, again)).accountId).not.toBe(accountId);
    expect(await account(mine)).toEqual(problem('token_account_gone'));
  });

  it('refuses a wrong password, takes no cookie back, and records it', async () => {
    const mine = await clientOf(cookie).newcomer();
    const { accountId, sessionId } = await idsOf(service, mine);
    const answer = await erase(mine, { password: 'NotMyPassword1' });
    expect(whole(answer)).toEqual(problem('current_password_wrong'));
    expect(givenCookies(answer)).toEqual([]);
    expect(await account(mine)).toEqual(IN_USE);
    expect(await trailOf(service, accountId, 'account_erased')).toEqual([
      expect.objectContaining({ sessionId, refusal: 'current_password_wrong', detail: null }),
    ]);
  });

  it('asks for the PIN of an account that has one, before the password', async () => {
    const { person, token } = await new CookieClient(service.url).newcomer();
    await new CookieClient(service.url).setPin(token, { pin: 'PIN2' });
    const mine = await clientOf(cookie).signIn(person);
    expect(await erased(mine, person.password)).toEqual(problem('pin_proof_required'));
    expect(await erased(mine, person.password, { 'x-pin': 'PIN3' })).toEqual(problem('pin_wrong'));
    expect(await erased(mine, 'NotMyPassword1', { 'x-pin': 'PIN2' })).toEqual(problem('current_password_wrong'));
    expect(await erased(mine, person.password)).toEqual(DONE);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['a number', 1],
    ['a list', ['x']],
  ])('refuses a password that is %s', async (_what, password) => {
    const mine = await clientOf(bareToken).newcomer();
    expect(await erased(mine, password)).toEqual(invalidFields(['password', 'Must be a text.']));
    expect(await account(mine)).toEqual(IN_USE);
  });

  it('refuses a request without a body, or with none that is a JSON object', async () => {
    const mine = await clientOf(bareToken).newcomer();
    expect(whole(await erase(mine, undefined))).toEqual(problem('body_malformed'));
    expect(whole(await erase(mine, '[1]'))).toEqual(problem('body_not_object'));
    expect(whole(await erase(mine, { password: 'x'.repeat(90_000) }))).toEqual(problem('current_password_wrong'));
    expect(await account(mine)).toEqual(IN_USE);
  });

  it('erases once, whoever asks at once', async () => {
    const mine = await clientOf(bareToken).newcomer();
    const { accountId } = await idsOf(service, mine);
    const answers = await Promise.all(Array.from({ length: 5 }, () => erased(mine, mine.person.password)));
    expect(answers.filter((answer) => (answer as { status: number }).status === 204)).toHaveLength(1);
    for (const answer of answers)
      expect([DONE, problem('token_account_gone'), problem('token_account_deactivated')]).toContainEqual(answer);
    const events = await trailOf(service, accountId, 'account_erased');
    expect(events.filter(({ refusal }) => refusal === null)).toHaveLength(1);
  });
});

describe('DELETE /account of an administrator', () => {
  it('is refused to the last active one, recorded, and takes nothing away', async () => {
    const [mine, other] = [await clientOf(bareToken).newcomer(), await clientOf(bareToken).newcomer()];
    await changeAccount(service, mine.person, { isAdmin: true });
    await changeAccount(service, other.person, { isAdmin: true, status: 'deactivated' });
    const { accountId } = await idsOf(service, mine);
    expect(await erased(mine, mine.person.password)).toEqual(problem('last_admin'));
    expect(await account(mine)).toEqual(IN_USE);
    expect(await trailOf(service, accountId, 'account_erased')).toEqual([
      expect.objectContaining({ refusal: 'last_admin' }),
    ]);

    await changeAccount(service, other.person, { status: 'active' });
    expect(await erased(mine, mine.person.password)).toEqual(DONE);
    await changeAccount(service, other.person, { isAdmin: false });
  });

  it('leaves one of several who erase themselves at once', async () => {
    const admins = await Promise.all(Array.from({ length: 4 }, () => clientOf(bareToken).newcomer()));
    for (const { person } of admins) await changeAccount(service, person, { isAdmin: true });
    const answers = await Promise.all(admins.map((admin) => erased(admin, admin.person.password)));
    expect(answers.filter((answer) => (answer as { status: number }).status === 204)).toHaveLength(3);
    expect(answers).toContainEqual(problem('last_admin'));
  });
});
