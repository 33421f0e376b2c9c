import type { ServerResponse } from 'node:http';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AuditEvent } from '../../src/audit/audit-event.entity.js';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import type { Client } from '../../src/auth/door.js';
import { PasswordResetService } from '../../src/auth/by-mail/password-reset.service.js';
import { HashingPool } from '../../src/users/hashing-pool.js';
import { accountOf, changeAccount, deactivate } from '../support/accounts.js';
import { BasicClient } from '../support/basic.client.js';
import { CookieClient } from '../support/cookie.client.js';
import { send, type Sending } from '../support/http.js';
import { MailServer } from '../support/mail-server.js';
import { linkIn, mailsTo, outboxOf, timesOfLink, urlOf } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { invalidFields, problem } from '../support/problems.js';
import { askForReset, canSignIn, heading, NEW_PASSWORD, page, setPassword, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { atOneTime, atTime, recordStatements } from '../support/statements.js';
import { trailOf } from '../support/trail.js';
import { whole } from '../support/whole.js';

const HOUR = 3600;
const QUIET = 5 * 60;

const ACCEPTED = { status: 202, text: '' };
const DONE = page(200, 'New password set');

const BY_ADMIN = { ip: '127.0.0.1' } as Client;

let service: Service;

const resets = async (email: string): Promise<number> =>
  (await mailsTo(service, email)).filter(({ subject }) => subject === 'Set a new password').length;

describe('POST /password-reset', () => {
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('mails a link to every account with that address that is not deactivated, and answers 202 alike', async () => {
    const verified = await verifiedPerson(service);
    const pending = (await new BasicClient(`${service.url}/basic`).newcomer()).person;
    const unverified = (await new CookieClient(`${service.url}/cookie`).newcomer()).person;
    const deactivated = await verifiedPerson(service);
    await deactivate(service, deactivated);
    const unknown = newPerson();

    for (const { email } of [verified, pending, unverified, deactivated, unknown])
      expect(await askForReset(service, email)).toMatchObject(ACCEPTED);

    for (const { email } of [verified, pending, unverified]) expect(await resets(email)).toBe(1);
    for (const { email } of [deactivated, unknown]) expect(await resets(email)).toBe(0);
  });

  it('mails to the stored address, never to the typed one', async () => {
    const person = await verifiedPerson(service);
    const email = `mike.${person.email}`;
    await changeAccount(service, person, { email, emailKey: email });
    const before = (await outboxOf(service)).length;

    // The Kelvin sign, which is a `k` in the canonical form, and another mailbox.
    expect(await askForReset(service, `MI\u212aE.${person.email}`)).toMatchObject(ACCEPTED);

    const mails = (await outboxOf(service)).slice(before).map(({ mail }) => mail.to);
    expect(mails).toEqual([[{ name: '', address: email }]]);
  });

  it('mails at most one link in 5 minutes', async () => {
    const { email } = await verifiedPerson(service);
    const ask = async (): Promise<number> => {
      await Promise.all(Array.from({ length: 5 }, () => askForReset(service, email)));
      return resets(email);
    };

    expect(await ask()).toBe(1);
    const { madeAt } = await timesOfLink(service, email);
    expect(await atTime(service, madeAt + QUIET * 1000 - 1, ask)).toBe(1);
    expect(await atTime(service, madeAt + QUIET * 1000, ask)).toBe(2);
  });

  it.each(['john', '', ' ', 'john@doe.com\r\nBcc: jane@doe.com', 'x'.repeat(99_000)])(
    'answers 202 to %.40j as to any other text',
    async (email) => {
      const before = (await outboxOf(service)).length;
      expect(await askForReset(service, email)).toMatchObject(ACCEPTED);
      expect(await outboxOf(service)).toHaveLength(before);
    },
  );

  it.each<[string, Sending, object]>([
    ['no body', {}, problem('body_malformed')],
    ['malformed JSON', { body: '{"email":' }, problem('body_malformed')],
    ['a list', { body: '["john@doe.com"]' }, problem('body_not_object')],
    ['no e-mail', { body: {} }, invalidFields(['email', 'Must be a text.'])],
    ['an e-mail that is no text', { body: { email: 7 } }, invalidFields(['email', 'Must be a text.'])],
  ])('answers 400 to %s', async (_what, sending, refusal) => {
    expect(whole(await send('POST', `${service.url}/password-reset`, sending))).toEqual(refusal);
  });

  it('is recorded: of an account by its id, of another address by a hash', async () => {
    const person = await verifiedPerson(service);
    const { id } = await accountOf(service, person);
    await askForReset(service, person.email, { 'user-agent': 'a browser', 'x-request-id': 'request-1' });
    await askForReset(service, newPerson().email, { 'x-request-id': 'request-2' });
    await service.app.get(MailDelivery).settled();

    const from = { door: 'password-reset', ip: '127.0.0.1', refusal: null, actorId: null, sessionId: null };
    expect(await trailOf(service, id, 'password_reset_requested')).toMatchObject([
      { ...from, userAgent: 'a browser', requestId: 'request-1', identifierHash: null },
    ]);
    const events = service.app.get(DataSource).getRepository(AuditEvent);
    expect(await events.findBy({ requestId: 'request-2' })).toMatchObject([
      {
        ...from,
        kind: 'password_reset_requested',
        accountId: null,
        identifierHash: expect.stringMatching(/^[\da-f]{64}$/) as string,
      },
    ]);
  });
});

describe('the quiet time of mails with links', () => {
  afterEach(() => service.stop());

  it('is a setting, of verification links too', async () => {
    service = await startService({ MAIL_QUIET: '20m' });
    const { email, password } = newPerson();
    const ask = async (): Promise<number[]> => {
      await askForReset(service, email);
      await send('POST', `${service.url}/verify/resend`, { body: { email } });
      return [await resets(email), (await mailsTo(service, email)).length];
    };

    await atOneTime(service, async () => {
      await new BasicClient(`${service.url}/basic`).register({ email, password });
      expect(await ask()).toEqual([1, 2]);
    });
    const { madeAt } = await timesOfLink(service, email);
    expect(await atTime(service, madeAt + 20 * 60_000 - 1, ask)).toEqual([1, 2]);
    expect(await atTime(service, madeAt + 20 * 60_000, ask)).toEqual([2, 4]);
  });

  it('does not keep back a link that an administrator has mailed, but what comes after it', async () => {
    service = await startService();
    const person = await verifiedPerson(service);
    const user = await accountOf(service, person);
    await askForReset(service, person.email);
    await service.app.get(MailDelivery).settled();

    await service.app.get(PasswordResetService).mailLink(user, BY_ADMIN);
    await askForReset(service, person.email);

    expect(await resets(person.email)).toBe(2);
    await deactivate(service, person);
    await service.app.get(PasswordResetService).mailLink(user, BY_ADMIN);
    await service.app.get(PasswordResetService).mailLink(Object.assign(user, { email: null }), BY_ADMIN);
    expect(await resets(person.email)).toBe(2);
  });
});

describe('the budget for mails of a network', () => {
  beforeEach(async () => {
    service = await startService({ LIMITS: 'on', MAIL_REQUEST_LIMIT: '3/1h' });
  });
  afterEach(() => service.stop());

  const WARNING = 'A network asked for too many mails; nothing was mailed.';
  const warnings = (): unknown[] => service.log.filter(({ msg }) => msg === WARNING);

  it('once spent, mails nothing and answers 202 as before, with a warning that names nobody', async () => {
    const [known, late] = [await verifiedPerson(service), await verifiedPerson(service)];
    for (const email of [known.email, 'nobody@example.com', 'no address'])
      expect(await askForReset(service, email)).toMatchObject(ACCEPTED);
    expect(warnings()).toEqual([]);

    expect(await askForReset(service, late.email, { 'x-request-id': 'request-3' })).toMatchObject(ACCEPTED);
    expect(await askForReset(service, 'no address')).toMatchObject(ACCEPTED);

    expect(await resets(known.email)).toBe(1);
    expect(await resets(late.email)).toBe(0);
    expect(warnings()).toMatchObject([{ level: 'warn', id: 'request-3' }, { level: 'warn' }]);
    expect(JSON.stringify(warnings())).not.toMatch(/@|127\.0\.0\.1/);

    service.advance(HOUR);
    await askForReset(service, late.email);
    expect(await resets(late.email)).toBe(1);
  });

  it('is one with that for verification links', async () => {
    const { person } = await new BasicClient(`${service.url}/basic`).newcomer();
    const resend = (): Promise<unknown> =>
      send('POST', `${service.url}/verify/resend`, { body: { email: person.email } });
    await Promise.all(['a', 'b', 'c'].map((email) => askForReset(service, email)));
    // A mail that is under way when the clock moves on is sent once more.
    expect(await mailsTo(service, person.email)).toHaveLength(1);
    service.advance(QUIET);

    expect(await resend()).toMatchObject(ACCEPTED);
    expect(await mailsTo(service, person.email)).toHaveLength(1);
    expect(warnings()).toHaveLength(1);

    service.advance(HOUR);
    await resend();
    expect(await mailsTo(service, person.email)).toHaveLength(2);
  });
});

describe('the time that POST /password-reset takes', () => {
  beforeAll(async () => {
    service = await startService({ LIMITS: 'on', MAIL_QUIET: '0s' });
  });
  afterAll(() => service.stop());

  /** What the store was asked and what was hashed before the answer went out, and after it. */
  async function work(path: string, email: string): Promise<{ before: string[]; after: string[] }> {
    const statements = recordStatements(service);
    const pool = service.app.get(HashingPool);
    for (const method of ['hash', 'compare'])
      Object.defineProperty(pool, method, { configurable: true, value: () => statements.push('a hash') });
    const done = (): string[] => statements.filter((one) => /a hash|users|one_time_tokens|rate_limits/.test(one));
    let before: string[] | undefined;
    const server = service.app.getHttpServer();
    server.prependOnceListener('request', (_request, response: ServerResponse) => {
      const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
      Object.assign(response, {
        end: (...given: unknown[]) => {
          before = done();
          return end(...given);
        },
      });
    });
    expect(await send('POST', service.url + path, { body: { email } })).toMatchObject(ACCEPTED);
    await service.app.get(MailDelivery).settled();
    for (const method of ['hash', 'compare']) Reflect.deleteProperty(pool, method);
    return { before: before ?? [], after: done().slice(before?.length) };
  }

  it.each(['/password-reset', '/verify/resend'])(
    'is the same for known and unknown addresses: %s looks nothing up before it answers',
    async (path) => {
      const verified = await verifiedPerson(service);
      const unverified = (await new CookieClient(`${service.url}/cookie`).newcomer()).person;
      const deactivated = await verifiedPerson(service);
      await deactivate(service, deactivated);
      const emails = [unverified, verified, deactivated, newPerson()].map(({ email }) => email);

      const works = [];
      for (const email of [...emails, 'no address']) works.push(await work(path, email));

      const [first] = works;
      expect(first?.before).toEqual([expect.stringContaining('rate_limits')]);
      for (const { before } of works) expect(before).toEqual(first?.before);
      expect(works.flatMap(({ before, after }) => [...before, ...after])).not.toContain('a hash');
      // Whoever gets a link costs more, once the answer is out.
      expect(first!.after.length).toBeGreaterThan(works[3]!.after.length);
      expect(works[3]!.after.length).toBeGreaterThan(works[4]!.after.length);
    },
  );
});

describe('with a mail server', () => {
  it('sends the link there, which sets a password, and the notice after it', async () => {
    const mailServer = await MailServer.start();
    onTestFinished(() => mailServer.stop());
    service = await startService({ SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`, LOG_LEVEL: 'trace' });
    onTestFinished(() => service.stop());
    const person = await verifiedPerson(service);
    const arrival = mailServer.next();

    await askForReset(service, person.email);

    const { to, mail } = await arrival;
    expect({ to, subject: mail.subject }).toEqual({ to: [person.email], subject: 'Set a new password' });
    const notice = mailServer.next();
    expect(heading(await setPassword(urlOf(service, linkIn(mail))))).toEqual(DONE);
    expect(await canSignIn(service, person, NEW_PASSWORD)).toBe(true);
    expect((await notice).mail.subject).toBe('Your password was changed');
    const log = JSON.stringify(service.log);
    expect(log).not.toContain(linkIn(mail).split('/').at(-1));
    expect(log).not.toContain(NEW_PASSWORD);
  });
});
