import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MailQueue } from '../src/mail/mail-queue.js';
import { BasicClient, outcome, signedIn } from './support/basic.client.js';
import { send } from './support/http.js';
import { MailServer, type MailServerOptions, SilentServer } from './support/mail-server.js';
import { linkIn, mailsTo, urlOf } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { freePort } from './support/ports.js';
import { type Environment, type LogLine, type Service, startService } from './support/service.js';

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
    await service.app.get(MailQueue).settled();

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

  it('and hangs is given up when the service stops', async () => {
    const silent = await SilentServer.start();
    onTestFinished(() => silent.stop());
    const service = await startService({ SMTP_URL: urlTo(silent) });
    await new BasicClient(`${service.url}/basic`).newcomer();
    await silent.connected();
    const [socket] = silent.sockets;

    await Promise.all([service.stop(), once(socket!, 'close')]);

    expect(failures(service)).toMatchObject([{ attempt: 1 }]);
    expect(service.log.at(-1)).toMatchObject({ level: 'warn', msg: 'A mail was given up: the service stops.' });
  });
});

describe('the queue of mails', () => {
  it('holds 1,000 at most and drops what comes then, with a line in the log', async () => {
    const { service } = await startSender({});
    const queue = service.app.get(MailQueue);
    const full = 'Too many mails are waiting; one was dropped.';
    let release = (): void => undefined;
    const released = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    let made = 0;
    const compose = (): Promise<undefined> => {
      made++;
      return released;
    };

    for (let mail = 0; mail < 1002; mail++) queue.enqueue(compose);
    await expect.poll(() => made).toBe(1000);
    expect(service.log.filter(({ msg }) => msg === full)).toHaveLength(2);

    release();
    await queue.settled();
    queue.enqueue(compose);
    await expect.poll(() => made).toBe(1001);
  });

  it('outlives a mail that cannot be made', async () => {
    const { service, client } = await startSender({});
    service.app.get(MailQueue).enqueue(() => Promise.reject(new Error('no ink')));

    const { person } = await client.newcomer();

    expect(await mailsTo(service, person.email)).toHaveLength(1);
    expect(service.log).toContainEqual(
      expect.objectContaining({ level: 'error', msg: 'A mail could not be made.' }) as LogLine,
    );
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
