import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { deactivate } from '../support/accounts.js';
import { type Admin, newAdmin } from '../support/admins.js';
import { askForLinks, claim, confirmWith } from '../support/claims.js';
import { BasicClient } from '../support/basic.client.js';
import { changeUrl, verifiedHolder } from '../support/email-change.js';
import { type Answer, send } from '../support/http.js';
import { mailedUrl } from '../support/outbox.js';
import { newPerson, type Person } from '../support/people.js';
import { resetUrl, setPassword, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';

const DAY = 24 * 60 * 60;

const TIME = /<time datetime="\d{4}-\d\d-\d\dT[\d:.]+Z">\d+ \w+ \d{4} at \d\d:\d\d UTC<\/time>/g;

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** What the page of a dead link says, without the time. */
function said({ status, text }: Answer): unknown {
  const [, body = ''] = /<h1>This link does not work any more<\/h1>\n([\s\S]*)\n<\/main>/.exec(text) ?? [];
  return { status, body: body.replaceAll(TIME, 'TIME').replaceAll(/<\/?p>|<a [^>]*>|<\/?(strong|a)>/g, '') };
}

const page = (sentence: string, advice: string): unknown => ({ status: 410, body: `${sentence}\n${advice}` });
const RESET_ADVICE = 'If you need a new password, ask for another link.';
const EMAIL_ADVICE =
  'If your address is not confirmed yet, sign in once more or ask for another link where you asked for this one.';
const CLOSE = 'You can close this page.';

const SET = page('It was used on TIME to set a new password.', RESET_ADVICE);

/** Somebody who registered by address, and the link that confirms it. */
async function registered(): Promise<{ person: Person; url: string }> {
  const person = newPerson();
  await new BasicClient(`${service.url}/basic`).register(person);
  return { person, url: await mailedUrl(service, person.email) };
}

async function idOf(admin: Admin, { email }: Person): Promise<number> {
  const { users } = (await admin.get(`/admin/users?query=${email}`)).json as { users: [{ id: number }] };
  return users[0].id;
}

const post = async (url: string): Promise<Answer> => send('POST', url);
const look = async (url: string): Promise<unknown> => said(await send('GET', url));

describe('a link to a new password that was used', () => {
  it('says so to the second of two who press at once, and whenever the mail is opened again', async () => {
    const url = await resetUrl(service, (await verifiedPerson(service)).email);

    const answers = await Promise.all([setPassword(url), setPassword(url)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 410]));
    expect(said(answers.find(({ status }) => status === 410)!)).toEqual(SET);

    expect(await look(url)).toEqual(SET);
    expect(said(await setPassword(url, 'another password 5'))).toEqual(SET);
    service.advance(2 * DAY);
    await service.app.get(HousekeepingService).sweep();
    expect(await look(url)).toEqual(SET);
  });

  it('says it in UTC, and to browsers', async () => {
    const url = await resetUrl(service, (await verifiedPerson(service)).email);
    await setPassword(url);

    expect((await send('GET', url)).text.match(TIME)).toHaveLength(1);
  });

  it('is forgotten a week after it would have expired', async () => {
    const url = await resetUrl(service, (await verifiedPerson(service)).email);
    await setPassword(url);
    service.advance(8 * DAY);
    await service.app.get(HousekeepingService).sweep();

    expect(await look(url)).toEqual(
      page(
        'There is no such link, or none any more: it may be incomplete or days old, or its account is gone.',
        RESET_ADVICE,
      ),
    );
  });

  it('tells only whoever has it: another link of the account says what became of that one', async () => {
    const { email } = await verifiedPerson(service);
    const first = await resetUrl(service, email);
    service.advance(10 * 60);
    await setPassword(await resetUrl(service, email));

    expect(await look(first)).toEqual(
      page('The password of the account was changed after it was mailed, on TIME.', RESET_ADVICE),
    );
  });
});

describe('a link that confirms an address', () => {
  it('says that it was used, to a second press too', async () => {
    const { person, url } = await registered();
    const confirmed = page(`It was used on TIME to confirm ${person.email}.`, CLOSE);

    const answers = await Promise.all([post(url), post(url)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 410]));
    expect(said(answers.find(({ status }) => status === 410)!)).toEqual(confirmed);
    expect(await look(url)).toEqual(confirmed);
  });

  it('says that it expired, and changed nothing', async () => {
    const { url } = await registered();
    service.advance(DAY + 60);

    const expired = page(
      'It works for 24 hours and expired on TIME. It was not used, and changed nothing.',
      EMAIL_ADVICE,
    );
    expect(await look(url)).toEqual(expired);
    expect(said(await post(url))).toEqual(expired);
  });

  it('says that another account confirmed the address, of one that goes on without it', async () => {
    const email = newPerson().email;
    await claim(service, 'cookie', email);
    await askForLinks(service, email);
    const url = await mailedUrl(service, email);
    const owner = await claim(service, 'basic', email);
    expect((await confirmWith(await mailedUrl(service, email), owner.password)).status).toBe(200);

    const taken = page(
      'Another account confirmed the address after it was mailed, on TIME.',
      'If that was you, sign in to that account. If you do not know its password, ask for a new one.',
    );
    expect(await look(url)).toEqual(taken);
    expect(said(await post(url))).toEqual(taken);
  });

  it('says that the account was changed, of one that was deactivated', async () => {
    const { person, url } = await registered();
    const admin = await newAdmin(service);
    await admin.change(await idOf(admin, person), { status: 'deactivated' });

    const changed = page('The account was changed after it was mailed.', EMAIL_ADVICE);
    expect(await look(url)).toEqual(changed);
  });
});

describe('a link to another address', () => {
  it('says that it was used', async () => {
    const holder = await verifiedHolder(service);
    const url = await changeUrl(service, holder, holder.other);

    expect((await post(url)).status).toBe(200);
    expect(await look(url)).toEqual(
      page(`It was used on TIME to give the account the address ${holder.other}.`, CLOSE),
    );
  });

  it('says that another account confirmed the address, and when', async () => {
    const holder = await verifiedHolder(service);
    const url = await changeUrl(service, holder, holder.other);
    const owner = await claim(service, 'basic', holder.other);
    expect((await confirmWith(await mailedUrl(service, holder.other), owner.password)).status).toBe(200);

    expect(await look(url)).toEqual(
      page(
        'Another account confirmed the address after it was mailed, on TIME.',
        'If that was you, sign in to that account. If you do not know its password, ask for a new one.',
      ),
    );
  });

  it('says that a newer one took its place', async () => {
    const holder = await verifiedHolder(service);
    const url = await changeUrl(service, holder, holder.other);
    service.advance(10 * 60);
    await changeUrl(service, holder, `x${holder.other}`);

    expect(said(await post(url))).toEqual(
      page('A newer link took its place, on TIME.', 'Use the link of the newest mail.'),
    );
  });

  it('says nothing false after it was pressed in vain', async () => {
    const holder = await verifiedHolder(service);
    const url = await changeUrl(service, holder, holder.other);
    await deactivate(service, holder.person);

    const changed = page('The account was changed after it was mailed, on TIME.', EMAIL_ADVICE);
    expect(said(await post(url))).toEqual(changed);
    expect(await look(url)).toEqual(changed);
  });
});

describe('a link that an administrator made needless', () => {
  it('says that the address was confirmed', async () => {
    const admin = await newAdmin(service);
    const { person, url } = await registered();
    expect((await admin.change(await idOf(admin, person), { email_verified: true })).status).toBe(200);

    expect(await look(url)).toEqual(
      page('The address of the account was confirmed after it was mailed, on TIME.', 'You can close this page.'),
    );
  });
});
