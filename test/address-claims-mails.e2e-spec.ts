import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { MailsStore } from '../src/mail/mails.store.js';
import { newAdmin, somebody } from './support/admins.js';
import { BasicClient, LOGIN_FAILED, outcome, signedIn } from './support/basic.client.js';
import { askForLinks, claim, claimants, confirmWith, linksIn, linksTo } from './support/claims.js';
import { LIMITED } from './support/networks.js';
import { mailedUrl, mailsTo, outboxOf } from './support/outbox.js';
import { newPerson, type Person } from './support/people.js';
import { askForReset, heading, page, setPassword, subjectsTo } from './support/reset.js';
import { type Service, startService } from './support/service.js';

const CONFIRMED = page(200, 'Address confirmed');
const ASKED = page(403, 'Confirm your e-mail address');
const PASSWORD_SET = page(200, 'New password set');

let service: Service;
let basic: BasicClient;

function use(started: Service): void {
  service = started;
  basic = new BasicClient(`${started.url}/basic`);
}

describe('An address that nobody has proved', () => {
  beforeAll(async () => use(await startService({ MAIL_QUIET: '0s' })));
  afterAll(() => service.stop());

  it('is confirmed by each mail for its own account alone, which says when and through what it was claimed', async () => {
    const { email } = newPerson();
    const first = await claim(service, 'basic', email);
    const [mail] = await mailsTo(service, email);
    expect(mail?.text?.split('\n').slice(0, 3)).toEqual([
      'Somebody registered an account with this e-mail address.',
      expect.stringMatching(/^That was through basic, on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/),
      'If that was you, open this page and confirm:',
    ]);

    const second = await claim(service, 'basic', email);
    const links = (await mailsTo(service, email)).flatMap(({ text }) => linksIn(service, text));
    expect(links).toHaveLength(2);

    expect(heading(await confirmWith(links[0]!, second.password))).toEqual(ASKED);
    expect(heading(await confirmWith(links[0]!, first.password))).toEqual(CONFIRMED);
    expect(outcome(await basic.login(first))).toEqual(signedIn(`Login for ${email} succesful`));
    expect(outcome(await basic.login(second))).toEqual(LOGIN_FAILED);
  });

  it.each([
    ['a verification', askForLinks, 'Confirm your e-mail address'],
    ['a new password', askForReset, 'Set a new password'],
  ])(
    'has a link for %s mailed for each of its newest ten claims, with contract, name and time',
    async (_, ask, subject) => {
      const { email } = newPerson();
      const people: Person[] = [];
      for (let n = 0; n < 12; n++) people.push(await claim(service, n % 2 === 0 ? 'cookie' : 'basic', email));
      const before = (await mailsTo(service, email)).length;

      await ask(service, email);

      const [mail, ...more] = (await mailsTo(service, email)).slice(before);
      expect(more).toEqual([]);
      expect(mail?.subject).toBe(subject);
      expect(mail?.text).toMatch(/^[\n\x20-\x7e]+$/);
      const newest = people.toReversed().slice(0, 10);
      const told = mail?.text?.split('\n').filter((line) => /^\d+\. /.test(line));
      expect(told?.map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/, 'T'))).toEqual(
        newest.map(({ username }, n) =>
          n % 2 === 0
            ? `${n + 1}. registered through basic, on T:`
            : `${n + 1}. registered through cookie, as ${username}, on T:`,
        ),
      );
      const links = linksIn(service, mail?.text);
      expect(new Set(links).size).toBe(10);
      if (subject.startsWith('Set')) expect(heading(await setPassword(links[1]!))).toEqual(PASSWORD_SET);
      else expect(heading(await confirmWith(links[1]!, newest[1]!.password))).toEqual(CONFIRMED);
      expect((await claimants(service, email)).map(({ username }) => username)).toEqual([newest[1]!.username]);
    },
  );

  it('is told apart in mails where an operator gave it to an account', async () => {
    const { email } = newPerson();
    const admin = await newAdmin(service);
    const { id, person } = await somebody(service);
    await admin.send('POST', `/admin/users/${id}/email`, { body: { email } });
    await mailsTo(service, email);
    await askForReset(service, email);
    expect((await mailsTo(service, email)).at(-1)?.text).toMatch(
      new RegExp(
        `\\nIt was given this address by an operator through admin, as ${person.username}, on [^\\n]+ UTC\\.\\n`,
      ),
    );
    await claim(service, 'basic', email);
    await mailsTo(service, email);

    await askForReset(service, email);

    const text = (await mailsTo(service, email)).at(-1)?.text ?? '';
    const origins = text.split('\n').filter((line) => /^\d+\. /.test(line));
    expect(origins).toEqual([
      expect.stringMatching(/^1\. registered through basic, on /),
      expect.stringMatching(/^2\. given this address by an operator through admin, as /),
    ]);
  });

  it('has no link mailed but to the spelling that its account has', async () => {
    const { username, email } = newPerson();
    const spelled = { ...newPerson(), email: `\u212ae.${email}` };
    const kelvin = await claim(service, 'basic', spelled.email);
    const plain = await claim(service, 'cookie', `ke.${email}`);
    expect(username).not.toBe(plain.username);
    const before = (await outboxOf(service)).length;

    await askForLinks(service, plain.email);
    await askForReset(service, plain.email);

    const mails = (await outboxOf(service)).slice(before).map(({ mail }) => mail);
    for (const subject of ['Confirm your e-mail address', 'Set a new password']) {
      const sent = mails.filter((mail) => mail.subject === subject);
      expect(new Map(sent.map(({ to, text }) => [to?.[0]?.address, text?.includes(plain.username)]))).toEqual(
        new Map([
          [plain.email, true],
          [kelvin.email, false],
        ]),
      );
      expect(sent.map(({ text }) => linksIn(service, text).length)).toEqual([1, 1]);
    }
  });

  it('is mailed no link whose claim ended while the mail waited', async () => {
    const { email } = newPerson();
    const owner = await claim(service, 'basic', email);
    const url = await mailedUrl(service, email);
    const held = vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    onTestFinished(() => held.mockRestore());
    await claim(service, 'basic', email);
    await basic.login(await claim(service, 'cookie', email));
    expect(heading(await confirmWith(url, owner.password))).toEqual(CONFIRMED);
    held.mockRestore();

    await service.app.get(MailDelivery).look();

    expect(await subjectsTo(service, email)).toEqual(['Confirm your e-mail address']);
  });
});

describe('Links for new accounts with one address', () => {
  beforeEach(async () => {
    use(await startService({ ...LIMITED }));
    return () => service.stop();
  });

  const counts = async (email: string): Promise<number[]> =>
    (await mailsTo(service, email)).map(({ text }) => linksIn(service, text).length);

  it('go three in ten minutes at once, then one mail a minute with all the new ones', async () => {
    const { email } = newPerson();
    for (let n = 0; n < 8; n++) await claim(service, 'basic', email);
    expect(await counts(email)).toEqual([1, 1, 1]);

    service.advance(61);
    await service.app.get(MailDelivery).settled();
    expect(await counts(email)).toEqual([1, 1, 1, 5]);

    const last = await claim(service, 'basic', email);
    expect(await counts(email)).toEqual([1, 1, 1, 5]);
    service.advance(61);
    await service.app.get(MailDelivery).settled();
    expect(await counts(email)).toEqual([1, 1, 1, 5, 1]);
    expect(heading(await confirmWith(await mailedUrl(service, email), last.password))).toEqual(CONFIRMED);

    const other = newPerson().email;
    await claim(service, 'basic', other);
    expect(await counts(other)).toEqual([1]);
  });

  it('go at once again after ten minutes', async () => {
    const { email } = newPerson();
    for (let n = 0; n < 3; n++) await claim(service, 'basic', email);
    expect(await counts(email)).toEqual([1, 1, 1]);
    service.advance(601);

    await claim(service, 'basic', email);

    expect(await counts(email)).toEqual([1, 1, 1, 1]);
  });

  it('go to one mailbox together, however its host is spelled', async () => {
    const { email } = newPerson();
    const spellings = ['example.com', 'Example.com', 'EXAMPLE.COM'].map((host) => email.replace('example.com', host));
    for (const spelling of spellings) await claim(service, 'basic', spelling);
    const before = (await outboxOf(service)).length;
    service.advance(601);

    await askForLinks(service, email);

    const mails = (await outboxOf(service)).slice(before);
    expect(mails.map(({ mail }) => linksIn(service, mail.text).length)).toEqual([3]);
  });

  it('go to three mailboxes at most where the part before the @ is spelled in many ways, first to the one that is asked for', async () => {
    const { email } = newPerson();
    const owner = await claim(service, 'cookie', `kkkk.${email}`);
    for (let n = 0; n < 4; n++) {
      const part = Array.from('kkkk', (letter, place) => (place === n ? '\u212a' : letter)).join('');
      await claim(service, 'cookie', `${part}.${email}`);
    }

    await askForLinks(service, owner.email);

    const mails = await outboxOf(service);
    expect(mails.map(({ mail }) => linksIn(service, mail.text).length)).toEqual([1, 1, 1]);
    const addresses = mails.map(({ mail: { to } }) => to?.[0]?.address);
    expect([addresses.length, new Set(addresses).size, addresses.includes(owner.email)]).toEqual([3, 3, true]);
  });

  it('go to one mailbox together, whatever the case of the part before the @', async () => {
    const { email } = newPerson();
    for (const part of ['VICTIM', 'Victim', 'vIctim', 'victim']) await claim(service, 'cookie', `${part}.${email}`);

    await askForLinks(service, `victim.${email}`);

    expect((await outboxOf(service)).map(({ mail }) => linksIn(service, mail.text).length)).toEqual([4]);
  });

  it.each<[string, (email: string, person: Person) => Promise<unknown>]>([
    ['sign-ins', (_, person) => basic.login(person)],
    ['requests for a verification', (email) => askForLinks(service, email)],
    ['requests for a new password', (email) => askForReset(service, email)],
  ])('go to a mailbox no faster by %s of ever more accounts', async (_, ask) => {
    const { email } = newPerson();
    for (let n = 0; n < 12; n++) await ask(email, await claim(service, 'cookie', email));
    expect((await mailsTo(service, email)).length).toBeLessThanOrEqual(3);

    service.advance(61);
    expect((await mailsTo(service, email)).length).toBeLessThanOrEqual(4);
    expect((await linksTo(service, email)).length).toBeGreaterThan(1);
  });

  it('go once to an account that signs in again and again', async () => {
    const { email } = newPerson();
    for (let n = 0; n < 3; n++) await claim(service, 'basic', email);
    const last = await claim(service, 'basic', email);
    expect(await counts(email)).toEqual([1, 1, 1]);
    service.advance(61);
    expect(await counts(email)).toEqual([1, 1, 1, 1]);
    service.advance(301);
    for (let n = 0; n < 3; n++) await basic.login(last);

    service.advance(61);

    expect(await counts(email)).toEqual([1, 1, 1, 1, 1]);
    expect((await mailsTo(service, email)).at(-1)?.text).toMatch(/^Somebody registered an account/);
  });

  it('go to all claims or to none, however lately one of them had its link', async () => {
    const { email } = newPerson();
    await claim(service, 'basic', email);
    expect(await counts(email)).toEqual([1]);
    service.advance(200);
    await claim(service, 'basic', email);
    expect(await counts(email)).toEqual([1, 1]);

    service.advance(50);
    await askForLinks(service, email);
    expect(await counts(email)).toEqual([1, 1]);

    service.advance(60);
    await askForLinks(service, email);
    expect(await counts(email)).toEqual([1, 1]);
    // The fourth in ten minutes waits.
    service.advance(61);
    expect(await counts(email)).toEqual([1, 1, 2]);
  });

  it('go at once each with LIMITS=off', async () => {
    use(await service.restart({ LIMITS: 'off' }));
    const { email } = newPerson();
    for (let n = 0; n < 6; n++) await claim(service, 'basic', email);

    expect(await counts(email)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
