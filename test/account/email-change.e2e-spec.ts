import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookie as cookieDriver } from '../drivers/cookie.driver.js';
import { DRIVERS } from '../drivers/index.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { accountOf, changeAccount } from '../support/accounts.js';
import { CookieClient } from '../support/cookie.client.js';
import { changeEmail, verifiedHolder } from '../support/email-change.js';
import { send, type Sending } from '../support/http.js';
import { confirm, linkIn, mailedUrl, mailsTo, outboxOf, timesOfLink } from '../support/outbox.js';
import { invalidFields, problem } from '../support/problems.js';
import { heading, page, subjectsTo, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const QUIET = 5 * 60;

const ACCEPTED = { status: 202, text: '' };
const QUESTION = page(200, 'Confirm your e-mail address');
const CONFIRMED = page(200, 'Address confirmed');

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const press = async (url: string): Promise<object> => heading(await send('POST', url));
const outboxSize = async (): Promise<number> => (await outboxOf(service)).length;

/** What the account tells of its address. */
async function shown(holder: Holder): Promise<object> {
  const { json } = await askAs(service, holder, 'GET', '/account');
  const { email, email_verified } = json as { email: string; email_verified: boolean };
  return { email, email_verified };
}

describe('POST /account/email', () => {
  it.each(DRIVERS)('sets the address of an account that is signed in through $name', async (driver) => {
    const holder = await new AccountClient(() => service, driver).newcomer();
    const other = `other.${holder.person.email}`;

    expect(await changeEmail(service, holder, other)).toMatchObject(ACCEPTED);
    expect(await shown(holder)).not.toMatchObject({ email: other });
    expect(await press(await mailedUrl(service, other))).toEqual(CONFIRMED);

    expect(await shown(holder)).toEqual({ email: other, email_verified: true });
  });

  it('mails the link to the new address, in words that fit', async () => {
    const holder = await verifiedHolder(service);
    await changeEmail(service, holder, holder.other);

    const [mail, ...more] = await mailsTo(service, holder.other);

    expect(more).toEqual([]);
    expect(mail?.subject).toBe('Confirm your e-mail address');
    expect(mail?.text).toMatch(/^[\n\x20-\x7e]+$/);
    expect(mail?.text).toMatch(/^Somebody asked to use this e-mail address for an account\./);
    expect(mail?.text).toContain('within 24 hours');
    expect(linkIn(mail!)).toMatch(/^http:\/\/latchkey\.test\/verify\/[\w-]{43}$/);
    const answer = await send('GET', await mailedUrl(service, holder.other));
    expect(heading(answer)).toEqual(QUESTION);
    expect(answer.text).toContain(`Somebody asked to use <strong>${holder.other}</strong> for an account.`);
    expect(answer.text).not.toMatch(/regist/i);
    expect(await subjectsTo(service, holder.person.email)).toEqual([]);
  });

  it('answers 202 to an address that another account has, and mails nothing', async () => {
    const holder = await verifiedHolder(service);
    const { email } = await verifiedPerson(service);
    const before = await outboxSize();

    expect(await changeEmail(service, holder, email.toUpperCase())).toMatchObject(ACCEPTED);

    expect(await outboxSize()).toBe(before);
  });

  it('changes nothing for the present verified address, in whatever case', async () => {
    const holder = await verifiedHolder(service);
    const [before, account] = [await outboxSize(), await accountOf(service, holder.person)];

    expect(await changeEmail(service, holder, holder.person.email.toUpperCase())).toMatchObject(ACCEPTED);

    expect(await outboxSize()).toBe(before);
    expect(await accountOf(service, holder.person)).toEqual(account);
  });

  it('mails a verification link for the present address if it is unverified, once in 5 minutes', async () => {
    const holder = await new AccountClient(() => service, cookieDriver).newcomer();
    const { email } = holder.person;

    for (let time = 0; time < 2; time++) expect(await changeEmail(service, holder, email)).toMatchObject(ACCEPTED);

    const [mail, ...more] = await mailsTo(service, email);
    expect(more).toEqual([]);
    expect(mail?.text).toMatch(/^Somebody registered an account/);
    expect(heading(await confirm(service, email))).toEqual(CONFIRMED);
    expect(await shown(holder)).toEqual({ email, email_verified: true });
  });

  it('mails one link in 5 minutes, to whatever addresses', async () => {
    const holder = await verifiedHolder(service);
    await changeEmail(service, holder, holder.other);
    expect(await subjectsTo(service, holder.other)).toHaveLength(1);
    const { madeAt } = await timesOfLink(service, holder.other);
    const third = `third.${holder.person.email}`;
    const ask = async (): Promise<unknown[]> => {
      await changeEmail(service, holder, third);
      return subjectsTo(service, third);
    };

    expect(await atTime(service, madeAt + QUIET * 1000 - 1, ask)).toEqual([]);
    expect(await atTime(service, madeAt + QUIET * 1000, ask)).toHaveLength(1);
    expect(await subjectsTo(service, holder.other)).toHaveLength(1);
  });

  it.each<[string, Sending['body'], object]>([
    ['malformed JSON', '{', problem('body_malformed')],
    ['a list', '[1]', problem('body_not_object')],
    ['no fields', {}, invalidFields(['email', 'Must be an e-mail address.'], ['password', 'Must be a text.'])],
    ['no address', { email: 'john', password: 'x' }, invalidFields(['email', 'Must be an e-mail address.'])],
    ['a password that is no text', { email: 'a@b.de', password: 1 }, invalidFields(['password', 'Must be a text.'])],
  ])('answers 400 to %s', async (_what, body, refusal) => {
    const holder = await verifiedHolder(service);
    expect(whole(await askAs(service, holder, 'POST', '/account/email', { body }))).toEqual(refusal);
  });

  it('demands a token, and the password, and records both outcomes', async () => {
    const holder = await verifiedHolder(service);
    const before = await outboxSize();

    const body = { email: holder.other, password: holder.person.password };
    expect(whole(await send('POST', `${service.url}/account/email`, { body }))).toEqual(problem('token_missing'));
    expect(whole(await changeEmail(service, holder, holder.other, 'NotMine1234'))).toEqual(
      problem('current_password_wrong'),
    );
    expect(await outboxSize()).toBe(before);

    await changeEmail(service, holder, holder.other);
    const { accountId, sessionId } = await idsOf(service, holder);
    const entry = { door: 'account', actorId: accountId, sessionId };
    expect(await trailOf(service, accountId, 'email_change_requested')).toMatchObject([
      { ...entry, refusal: 'current_password_wrong' },
      { ...entry, refusal: null },
    ]);
  });

  it('demands the PIN of an account that has one', async () => {
    const { person, token } = await new CookieClient(`${service.url}/cookie`).newcomer();
    await new CookieClient(`${service.url}/cookie`).setPin(token, { pin: 'PIN2' });
    const holder = await new AccountClient(() => service, cookieDriver).signIn(person);
    const other = `other.${person.email}`;

    expect(whole(await changeEmail(service, holder, other))).toEqual(problem('pin_proof_required'));
    expect(await changeEmail(service, holder, other, person.password, { 'x-pin': 'PIN2' })).toMatchObject(ACCEPTED);
    expect(await subjectsTo(service, other)).toHaveLength(1);
  });

  it('is refused to a deactivated account', async () => {
    const holder = await verifiedHolder(service);
    await changeAccount(service, holder.person, { status: 'deactivated' });

    expect(whole(await changeEmail(service, holder, holder.other))).toEqual(problem('token_account_deactivated'));
    expect(await subjectsTo(service, holder.other)).toEqual([]);
  });
});
