import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WaitingMail } from '../src/mail/mail.entity.js';
import type { MailJob } from '../src/mail/mail-job.js';
import { MailQueue } from '../src/mail/mail-queue.js';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { MailsStore } from '../src/mail/mails.store.js';
import { changeAccount } from './support/accounts.js';
import { BasicClient, outcome, signedIn } from './support/basic.client.js';
import { CookieClient } from './support/cookie.client.js';
import { send } from './support/http.js';
import { MailServer, type MailServerOptions, SilentServer } from './support/mail-server.js';
import { linkIn, mailsTo, urlOf } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { freePort } from './support/ports.js';
import { type Environment, type LogLine, type Service, startService } from './support/service.js';
import { atTime } from './support/statements.js';

interface Sender {
  readonly service: Service;
  readonly client: BasicClient;
}

/** A service that sends its mails to a server. */
async function startSender(env: Environment): Promise<Sender> {
  const service = await startService({ MAIL_RETRY: '1s', ...env });
  onTestFinished(() => service.stop());
  return { service, client: new BasicClient(`${service.url}/basic`) };
}

async function startMailServer(options?: MailServerOptions, port?: number): Promise<MailServer> {
  const mailServer = await MailServer.start(options, port);
  onTestFinished(() => mailServer.stop());
  return mailServer;
}

const urlTo = ({ port }: { readonly port: number }, credentials = ''): string =>
  `smtp://${credentials}127.0.0.1:${port}`;

/** What the log says of mails that could not be sent. */
function failures({ log }: Service): LogLine[] {
  return log.filter(({ msg }) => msg === 'A mail could not be sent.');
}

describe('SMTP_URL', () => {
  it('sends the link there, and neither into the outbox nor to the log', async () => {
    const mailServer = await startMailServer();
    const { service, client } = await startSender({
      SMTP_URL: urlTo(mailServer),
      MAIL_FROM: 'Latchkey <no-reply@latchkey.test>',
      LOG_LEVEL: 'trace',
    });
    const arrival = mailServer.next();

    const { person } = await client.newcomer();

    const { from, to, mail } = await arrival;
    expect({ from, to }).toEqual({ from: 'no-reply@latchkey.test', to: [person.email] });
    expect(mail).toMatchObject({ subject: 'Confirm your e-mail address', to: [{ name: '', address: person.email }] });
    expect((await send('POST', urlOf(service, linkIn(mail)))).status).toBe(200);
    expect(outcome(await client.login(person))).toEqual(signedIn(`Login for ${person.email} succesful`));
    expect(existsSync(join(service.dataDir, 'outbox'))).toBe(false);
    expect(JSON.stringify(service.log)).not.toContain(new URL(linkIn(mail)).pathname.split('/').at(-1));
  });

  it('signs in with the name and password of the URL, which the log does not learn', async () => {
    const credentials = { user: 'latchkey@mail.test', password: 's3cret/p@ss:word' };
    const mailServer = await startMailServer({ credentials });
    const userinfo = `${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@`;
    const { service, client } = await startSender({ SMTP_URL: urlTo(mailServer, userinfo), LOG_LEVEL: 'trace' });
    const arrival = mailServer.next();

    const { person } = await client.newcomer();

    expect(await arrival).toMatchObject({ user: credentials.user, to: [person.email] });
    expectNoSecret(service, credentials);
  });

  it('keeps a wrong password out of the log too', async () => {
    const mailServer = await startMailServer({ credentials: { user: 'latchkey', password: 'right' } });
    const wrong = { user: 'latchkey', password: 'wr0ng-p4ssword' };
    const { service, client } = await startSender({ SMTP_URL: urlTo(mailServer, 'latchkey:wr0ng-p4ssword@') });

    await client.newcomer();
    await loggedFailure(service);

    expectNoSecret(service, wrong);
    expect(mailServer.arrivals).toEqual([]);
  });

  it.each(['j\u00f6rg', '"a,b"', "o'brien+tag"])('sends to %s, one address', async (local) => {
    const mailServer = await startMailServer();
    const { client } = await startSender({ SMTP_URL: urlTo(mailServer) });
    const arrival = mailServer.next();

    await client.register({ email: `${local}@doe.example`, password: 'Secret1234' });

    expect((await arrival).to).toEqual([`${local}@doe.example`]);
  });

  it('sends to a domain in another script where the server reads ASCII only', async () => {
    const mailServer = await startMailServer({ readsAsciiOnly: true });
    const { client } = await startSender({ SMTP_URL: urlTo(mailServer) });
    const arrival = mailServer.next();

    await client.register({ email: 'john@b\u00fccher.example', password: 'Secret1234' });

    expect((await arrival).mail.to).toEqual([{ name: '', address: 'john@xn--bcher-kva.example' }]);
  });
});

describe('a mail server that fails', () => {
  it('and takes the mail later gets it again', async () => {
    const mailServer = await startMailServer({ refusals: [451] });
    const { service, client } = await startSender({ SMTP_URL: urlTo(mailServer) });
    const arrival = mailServer.next();

    const { person } = await client.newcomer();

    expect((await arrival).to).toEqual([person.email]);
    expect(mailServer.offered).toBe(2);
    expect(failures(service)).toMatchObject([{ level: 'warn', attempt: 1, of: 11 }]);
    expect(JSON.stringify(service.log)).not.toContain('http://latchkey.test/verify/');
  });

  it('and refuses the mail for good gets it three times', async () => {
    const mailServer = await startMailServer({ refusals: [550, 550, 550, 550] });
    const { service, client } = await startSender({ SMTP_URL: urlTo(mailServer) });

    await client.newcomer();

    await expect.poll(() => failures(service).length, { timeout: 20_000 }).toBe(3);
    const mails = service.app.get(DataSource).getRepository(WaitingMail);
    await expect.poll(() => mails.count()).toBe(0);
    expect(mailServer.offered).toBe(3);
    expect(failures(service)).toMatchObject([1, 2, 3].map((attempt) => ({ level: 'warn', attempt, of: 3 })));
  });

  it('and cannot be reached costs no registration its answer, and gets the mail once it is there', async () => {
    const port = await freePort();
    const { service, client } = await startSender({ SMTP_URL: urlTo({ port }) });
    const person = newPerson();

    expect(outcome(await client.register(person))).toEqual(signedIn(`Account registered for ${person.email}`));
    await loggedFailure(service);
    const mailServer = await startMailServer({}, port);

    expect((await mailServer.next()).to).toEqual([person.email]);
  });

  it('and hangs delays no registration', async () => {
    const silent = await SilentServer.start();
    const { service, client } = await startSender({ SMTP_URL: urlTo(silent) });
    onTestFinished(() => silent.stop());
    const people = Array.from({ length: 10 }, () => newPerson());

    const answers = await Promise.all(people.map((person) => client.register(person)));

    expect(answers.map(outcome)).toEqual(people.map(({ email }) => signedIn(`Account registered for ${email}`)));
    await silent.connected();
    expect(failures(service)).toEqual([]);
  });

  it('and hangs is broken off when the service stops, and gets the mail after the next start', async () => {
    const silent = await SilentServer.start();
    onTestFinished(() => silent.stop());
    const service = await startService({ SMTP_URL: urlTo(silent) });
    const { person } = await new BasicClient(`${service.url}/basic`).newcomer();
    // The first asks what the server offers.
    await expect.poll(() => silent.sockets.size).toBe(2);
    const [, socket] = silent.sockets;

    const mailServer = await startMailServer();
    const arrival = mailServer.next();
    const [again] = await Promise.all([service.restart({ SMTP_URL: urlTo(mailServer) }), once(socket!, 'close')]);
    onTestFinished(() => again.stop());

    expect(failures(service)).toMatchObject([{ attempt: 1 }]);
    again.advance(120);
    expect((await arrival).to).toEqual([person.email]);
  });
});

describe('the queue of mails', () => {
  const job = (accountId: number): MailJob => ({ kind: 'verify_email', accountId });
  const enqueue = (service: Service, owner: string, to = `${owner}@example.com`, group?: string): Promise<void> =>
    service.app.get(MailQueue).enqueue(job(1), { owner, to, from: null, ...(group !== undefined && { group }) });
  const dropped = ({ log }: Service): LogLine[] =>
    log.filter(({ msg }) => msg === 'Too many mails are waiting; one was dropped.');
  const rowsOf = (service: Service): Promise<number> => service.app.get(DataSource).getRepository(WaitingMail).count();

  it('holds 100 of an account and drops what comes then, with a line in the log', async () => {
    const { service } = await startSender({});
    vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    for (let mail = 0; mail < 102; mail++) await enqueue(service, 'one');
    await enqueue(service, 'other');
    expect([await rowsOf(service), dropped(service).length]).toEqual([101, 2]);
  });

  it('holds 10,000 in all, beyond which the account with most makes room', async () => {
    const { service } = await startSender({});
    vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    const mails = service.app.get(DataSource).getRepository(WaitingMail);
    await enqueue(service, 'one');
    await enqueue(service, 'one');
    const [first, second] = await mails.find({ order: { id: 'ASC' } });
    const fill = Array.from({ length: 9998 }, (_, n) =>
      mails.create(Object.assign({}, first, { id: randomUUID(), ownerKey: `owner ${n}` })),
    );
    await mails.save(fill, { chunk: 500 });

    await enqueue(service, 'newcomer');

    expect(await rowsOf(service)).toBe(10_000);
    expect([await mails.existsBy({ id: first!.id }), await mails.existsBy({ id: second!.id })]).toEqual([true, false]);
    expect(dropped(service)).toEqual([]);
  });

  it('outlives a mail that cannot be made, which is given up in the end', async () => {
    const { service, client } = await startSender({});
    await service.app
      .get(MailQueue)
      .enqueue({ kind: 'nonsense' }, { owner: 'nobody', to: 'nobody@example.com', from: null });

    const { person } = await client.newcomer();

    expect(await mailsTo(service, person.email)).toHaveLength(1);
    const told = (): LogLine[] => service.log.filter(({ msg }) => msg === 'A mail could not be made.');
    for (let tries = told().length; tries < 11; tries++) {
      service.advance(3600);
      await service.app.get(MailDelivery).settled();
    }
    expect(told().map(({ level, attempt }) => [level, attempt])).toEqual(
      Array.from({ length: 11 }, (_, n) => ['error', n + 1]),
    );
    expect(await rowsOf(service)).toBe(0);
  });

  it('tells an owner of the first change of a kind at once, and of the others in one mail ten minutes later', async () => {
    const mailServer = await startMailServer();
    const { service } = await startSender({ SMTP_URL: urlTo(mailServer) });
    const cookie = new CookieClient(`${service.url}/cookie`);
    const { person, token } = await cookie.newcomer();
    const { email } = person;
    await changeAccount(service, person, { email, emailKey: email, emailVerifiedAt: new Date() });
    const pins = ['PIN1', 'PIN2', 'PIN3', 'PIN4'];
    for (const [n, pin] of pins.entries()) await cookie.setPin(token, { pin }, n > 0 ? { 'x-pin': pins[n - 1]! } : {});
    const delivery = service.app.get(MailDelivery);
    await delivery.settled();
    const notices = (): string[] =>
      mailServer.arrivals.filter(({ to }) => to[0] === person.email).map(({ mail }) => mail.text ?? '');
    expect(notices()).toEqual([expect.stringMatching(/^The PIN of your account was changed\.\n/)]);

    const waiting = await service.app.get(DataSource).getRepository(WaitingMail).find();
    const due = Math.max(...waiting.map(({ nextTryAt }) => nextTryAt.getTime()));
    await atTime(service, due - 1, () => delivery.settled());
    expect(notices()).toHaveLength(1);
    await atTime(service, due, () => delivery.settled());

    const line = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d UTC, from 127\.0\.0\.1`;
    expect(notices().slice(1)).toEqual([
      expect.stringMatching(
        new RegExp(String.raw`^The PIN of your account was changed, 3 times more:\n\n(${line}[^\n]*\n){3}\n`),
      ),
    ]);
    await cookie.setPin(token, { pin: 'PIN5' }, { 'x-pin': 'PIN4' });
    service.advance(601);
    await delivery.settled();
    expect(notices().slice(2)).toEqual([
      expect.stringMatching(
        new RegExp(String.raw`^The PIN of your account was changed, once more:\n\n${line}[^\n]*\n\n`),
      ),
    ]);
    service.advance(601);
    await delivery.settled();
    expect([notices().length, await rowsOf(service)]).toEqual([3, 0]);
  });
});

/** Fulfilled when the log tells of a mail that could not be sent. */
async function loggedFailure(service: Service): Promise<void> {
  await expect.poll(() => failures(service).length, { interval: 10, timeout: 10_000 }).toBeGreaterThan(0);
}

function expectNoSecret({ log }: Service, { user, password }: { user: string; password: string }): void {
  const text = JSON.stringify(log);
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
  for (const form of [password, encodeURIComponent(password), Buffer.from(password).toString('base64'), plain])
    expect(text).not.toContain(form);
}
