import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { MailsStore } from '../../src/mail/mails.store.js';
import { UsersService } from '../../src/users/users.service.js';
import { cookie as cookieDriver } from '../drivers/cookie.driver.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs, type Holder, idsOf } from '../support/account.client.js';
import { newAdmin } from '../support/admins.js';
import { accountOf, changeAccount, deactivate } from '../support/accounts.js';
import { askForLinks, claim, confirmWith } from '../support/claims.js';
import { changeEmail, changeUrl, verifiedHolder } from '../support/email-change.js';
import { form, send } from '../support/http.js';
import { mailedUrl, mailsTo, timesOfLink } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { heading, page, resetUrl, subjectsTo } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { atTime } from '../support/statements.js';
import { trailOf } from '../support/trail.js';

const DAY = 24 * 60 * 60;
const QUIET = 5 * 60;

const CONFIRMED = page(200, 'Address confirmed');
const ASKED = page(403, 'Confirm your e-mail address');
const DEAD = page(410, 'This link does not work any more');

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const look = async (url: string): Promise<object> => heading(await send('GET', url));
const press = async (url: string): Promise<object> => heading(await send('POST', url));

/** Has a link mailed that proves the holder's present address. */
async function verificationUrl(holder: Holder): Promise<string> {
  await changeEmail(service, holder, holder.person.email);
  return mailedUrl(service, holder.person.email);
}

/** What the account tells of its address. */
async function shown(holder: Holder): Promise<object> {
  const { json } = await askAs(service, holder, 'GET', '/account');
  const { email, email_verified } = json as { email: string; email_verified: boolean };
  return { email, email_verified };
}

describe('a link to another address', () => {
  it('counts once it is confirmed: the old address is told, and signs in and resets no more', async () => {
    const holder = await verifiedHolder(service);
    const { email } = holder.person;
    const reset = await resetUrl(service, email);
    const url = await changeUrl(service, holder, holder.other);
    await send('GET', url);
    await send('HEAD', url);
    expect(await shown(holder)).toEqual({ email, email_verified: true });

    const answer = await send('POST', url);

    expect(heading(answer)).toEqual(CONFIRMED);
    expect(answer.text).toContain(`<strong>${holder.other}</strong> is confirmed.`);
    expect(await shown(holder)).toEqual({ email: holder.other, email_verified: true });
    expect((await mailsTo(service, email)).at(-1)).toMatchObject({
      subject: 'Your e-mail address was changed',
      text: 'The e-mail address of your account was changed.\nIf that was you, there is nothing to do.\nIf it was not you, tell the operator of the service at once.\n',
    });
    expect(await look(reset)).toEqual(DEAD);
    expect(await service.app.get(UsersService).findByName('email', email)).toBeUndefined();
    const { accountId } = await idsOf(service, holder);
    expect(await trailOf(service, accountId, 'email_verified')).toMatchObject([{ door: 'verify', actorId: accountId }]);
  });

  it('tells no address that was never verified', async () => {
    const holder = await new AccountClient(() => service, cookieDriver).newcomer();
    await press(await changeUrl(service, holder, `other.${holder.person.email}`));

    expect(await subjectsTo(service, holder.person.email)).toEqual([]);
  });

  it('ends the verification links of the old address, also once that comes back', async () => {
    const holder = await new AccountClient(() => service, cookieDriver).newcomer();
    const { email } = holder.person;
    const verification = await verificationUrl(holder);
    await press(await changeUrl(service, holder, `other.${email}`));

    expect(await press(verification)).toEqual(DEAD);
    await changeAccount(service, holder.person, { email, emailKey: email, emailVerifiedAt: null });
    expect(await press(verification)).toEqual(DEAD);
  });

  it('works once, and for one of 10 that press at once', async () => {
    const holder = await verifiedHolder(service);
    const url = await changeUrl(service, holder, holder.other);

    const answers = await Promise.all(Array.from({ length: 10 }, () => send('POST', url)));

    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(410)]);
    expect(await look(url)).toEqual(DEAD);
  });

  it('is good for 24 hours', async () => {
    const [early, late] = [await verifiedHolder(service), await verifiedHolder(service)];
    const first = await changeUrl(service, early, early.other);
    const { madeAt, endsAt } = await timesOfLink(service, early.other);
    expect(endsAt - madeAt).toBe(DAY * 1000);
    expect(await atTime(service, endsAt - 1, () => press(first))).toEqual(CONFIRMED);

    const second = await changeUrl(service, await again(late), late.other);
    await atTime(service, (await timesOfLink(service, late.other)).endsAt, async () => {
      expect(await look(second)).toEqual(DEAD);
      expect(await press(second)).toEqual(DEAD);
    });
    expect((await accountOf(service, late.person)).email).toBe(late.person.email);
  });

  it('ends when a newer one is mailed', async () => {
    const holder = await verifiedHolder(service);
    const first = await changeUrl(service, holder, holder.other);
    service.advance(QUIET);
    const second = await changeUrl(service, holder, `third.${holder.person.email}`);

    expect(await look(first)).toEqual(DEAD);
    expect(await press(first)).toEqual(DEAD);
    expect(await press(second)).toEqual(CONFIRMED);
  });

  it('stays good when a newer one is not mailed', async () => {
    const holder = await verifiedHolder(service);
    const url = await changeUrl(service, holder, holder.other);
    await changeEmail(service, holder, `third.${holder.person.email}`);

    expect(await press(url)).toEqual(CONFIRMED);
  });

  it('is dead once another account has the address, and changes nothing', async () => {
    const [one, two] = [await verifiedHolder(service), await verifiedHolder(service)];
    const { other } = one;
    const [first, second] = [await changeUrl(service, one, other), await changeUrl(service, two, other)];
    expect(first).not.toBe(second);
    const before = await accountOf(service, one.person);

    // Whoever reads the mailbox owns one of the accounts at most.
    expect(await press(second)).toEqual(ASKED);
    expect(heading(await confirmWith(second, 'not the password'))).toEqual(ASKED);
    expect(heading(await confirmWith(second, two.person.password))).toEqual(CONFIRMED);

    expect(await look(first)).toEqual(DEAD);
    expect(await press(first)).toEqual(DEAD);
    expect(await accountOf(service, one.person)).toEqual(before);
    expect((await accountOf(service, two.person)).email).toBe(other);
  });

  it('is good for an address that somebody else only claims, who loses it, with the password of its account', async () => {
    const holder = await verifiedHolder(service);
    const other = newPerson('Secret1234#');
    const { username, password } = other;
    const body = { username, email: holder.other, password1: password, password2: password };
    expect((await send('POST', `${service.url}/cookie/users/register`, { body })).status).toBe(201);

    const url = await changeUrl(service, holder, holder.other);

    expect(await press(url)).toEqual(ASKED);
    expect((await accountOf(service, holder.person)).email).toBe(holder.person.email);
    expect(heading(await send('POST', url, form({ password: holder.person.password })))).toEqual(CONFIRMED);

    expect((await accountOf(service, holder.person)).email).toBe(holder.other);
    expect(await accountOf(service, other)).toMatchObject({ username, email: null, emailKey: null, status: 'active' });
    const login = { body: { username, password1: password } };
    expect((await send('POST', `${service.url}/cookie/users/login`, login)).status).toBe(200);
  });

  it('has the link of a mere claim ask for the password of its account, until it has expired', async () => {
    const holder = await verifiedHolder(service);
    await changeUrl(service, holder, holder.other);
    const stranger = await claim(service, 'cookie', holder.other);
    await askForLinks(service, holder.other);
    const url = await mailedUrl(service, holder.other);

    expect(await press(url)).toEqual(ASKED);
    expect(heading(await confirmWith(url, holder.person.password))).toEqual(ASKED);
    expect((await accountOf(service, stranger)).emailVerifiedAt).toBeNull();
    service.advance(DAY + 60);
    await askForLinks(service, holder.other);
    expect(await press(await mailedUrl(service, holder.other))).toEqual(CONFIRMED);
  });

  it('is dead for a deactivated account, and after a change of password', async () => {
    const [closed, careful] = [await verifiedHolder(service), await verifiedHolder(service)];
    const [first, second] = [
      await changeUrl(service, closed, closed.other),
      await changeUrl(service, careful, careful.other),
    ];
    await deactivate(service, closed.person);
    const body = { old_password: careful.person.password, new_password: 'correct horse 2' };
    expect((await askAs(service, careful, 'POST', '/account/password', { body })).status).toBe(204);

    for (const url of [first, second]) {
      expect(await look(url)).toEqual(DEAD);
      expect(await press(url)).toEqual(DEAD);
    }
  });

  it('is dead once the present address is proved, by its own link or by an administrator', async () => {
    const admin = await newAdmin(service);
    for (const prove of [
      async (holder: Holder) => press(await verificationUrl(holder)),
      async (holder: Holder) => {
        const { accountId } = await idsOf(service, holder);
        return admin.change(accountId, { email_verified: true });
      },
    ]) {
      const holder = await new AccountClient(() => service, cookieDriver).newcomer();
      const url = await changeUrl(service, holder, `other.${holder.person.email}`);
      await prove(holder);

      expect(await shown(holder)).toEqual({ email: holder.person.email, email_verified: true });
      expect(await look(url)).toEqual(DEAD);
      expect(await press(url)).toEqual(DEAD);
    }
  });

  it('is not mailed any more if the present address is proved while the mail waits', async () => {
    const holder = await new AccountClient(() => service, cookieDriver).newcomer();
    const verification = await verificationUrl(holder);
    const held = vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    onTestFinished(() => held.mockRestore());
    await changeEmail(service, holder, `other.${holder.person.email}`);
    expect(await press(verification)).toEqual(CONFIRMED);
    held.mockRestore();

    await service.app.get(MailDelivery).look();

    expect(await mailsTo(service, `other.${holder.person.email}`)).toEqual([]);
  });

  it('leaves the username alone, and the old address to whoever registers with it', async () => {
    const holder = await verifiedHolder(service);
    await press(await changeUrl(service, holder, holder.other));

    expect((await accountOf(service, holder.person)).username).toBe(holder.person.username);
    const registered = await send('POST', `${service.url}/basic/api/v1.0/register`, {
      body: { email: holder.person.email, password: newPerson().password },
    });
    expect(registered.status).toBe(200);
  });

  /** Signed in anew, after the clock went on. */
  const again = ({ person }: Holder): Promise<Holder> => new AccountClient(() => service, tokenPair).signIn(person);
});
