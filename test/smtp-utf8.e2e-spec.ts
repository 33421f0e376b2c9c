import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SmtpUtf8 } from '../src/mail/smtp-utf8.js';
import { User } from '../src/users/user.entity.js';
import { bareToken } from './drivers/bare-token.driver.js';
import { AccountClient } from './support/account.client.js';
import { newAdmin } from './support/admins.js';
import { BasicClient } from './support/basic.client.js';
import { STRONG_PASSWORD } from './support/cookie.client.js';
import { changeEmail } from './support/email-change.js';
import { type Answer, send } from './support/http.js';
import { MailServer } from './support/mail-server.js';
import { newPerson } from './support/people.js';
import { freePort } from './support/ports.js';
import { problem } from './support/problems.js';
import { type Environment, type Service, startService } from './support/service.js';
import { whole } from './support/whole.js';

async function start(env: Environment = {}): Promise<Service> {
  const service = await startService(env);
  onTestFinished(() => service.stop());
  return service;
}

async function startMailServer(readsAsciiOnly: boolean, port?: number): Promise<MailServer> {
  const server = await MailServer.start({ readsAsciiOnly }, port);
  onTestFinished(() => server.stop());
  return server;
}

const urlTo = (port: number): string => `smtp://127.0.0.1:${port}`;

/** An address with more than ASCII before the @, of nobody. */
const newAddress = (): string => `j\u00f6rg.${newPerson().email}`;

const registerBasic = (service: Service, email: string): Promise<Answer> =>
  new BasicClient(`${service.url}/basic`).register({ email, password: 'Secret1234' });

function registerCookie({ url }: Service, email: string, username = newPerson().username): Promise<Answer> {
  const body = { username, email, password1: STRONG_PASSWORD, password2: STRONG_PASSWORD };
  return send('POST', `${url}/cookie/users/register`, { body });
}

async function changeOwn(service: Service, email: string): Promise<Answer> {
  const holder = await new AccountClient(() => service, bareToken).newcomer();
  return changeEmail(service, holder, email);
}

async function createAsAdmin(service: Service, email: string): Promise<Answer> {
  return (await newAdmin(service)).send('POST', '/admin/users', { body: { email } });
}

describe('an address with more than ASCII before the @', () => {
  it('is refused where the mail server does not offer SMTPUTF8, in the words of each route', async () => {
    const { port } = await startMailServer(true);
    const service = await start({ SMTP_URL: urlTo(port) });
    const email = newAddress();

    expect(whole(await registerBasic(service, email))).toEqual({
      status: 400,
      body: { error: `${email} is not a valid email address`, statusCode: 400 },
    });
    expect(whole(await registerCookie(service, email))).toEqual({ status: 406, body: { message: 'invalid email' } });
    expect(whole(await changeOwn(service, email))).toEqual(problem('email_invalid'));
    expect(whole(await createAsAdmin(service, email))).toEqual(problem('email_invalid'));
  });

  it('is refused by cookie before a name that is taken is told', async () => {
    const { port } = await startMailServer(true);
    const service = await start({ SMTP_URL: urlTo(port) });
    const { username, email } = newPerson();
    expect((await registerCookie(service, email, username)).status).toBe(201);

    expect((await registerCookie(service, newAddress(), username)).status).toBe(406);
  });

  it.each(['a mail server with SMTPUTF8', 'the outbox'])('is taken with %s', async (where) => {
    const { port } = await startMailServer(false);
    const service = await start(where === 'the outbox' ? {} : { SMTP_URL: urlTo(port) });

    expect((await registerBasic(service, newAddress())).status).toBe(200);
    expect((await registerCookie(service, newAddress())).status).toBe(201);
    expect((await changeOwn(service, newAddress())).status).toBe(202);
    expect((await createAsAdmin(service, newAddress())).status).toBe(201);
  });

  it('is refused until the mail server has answered once, and after that follows what it says', async () => {
    const port = await freePort();
    const service = await start({ SMTP_URL: urlTo(port) });
    expect((await registerBasic(service, newAddress())).status).toBe(400);
    expect(service.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: 'The mail server could not be asked what it offers; it is asked again.',
      }),
    );

    const reading = await startMailServer(false, port);
    await service.app.get(SmtpUtf8).ask();
    expect((await registerBasic(service, newAddress())).status).toBe(200);

    await reading.stop();
    service.advance(3601);
    await service.app.get(SmtpUtf8).ask();
    expect((await registerBasic(service, newAddress())).status).toBe(200);

    await startMailServer(true, port);
    await service.app.get(SmtpUtf8).ask();
    expect((await registerBasic(service, newAddress())).status).toBe(400);
  });

  it('of an account of before still signs in, and is mailed to', async () => {
    const service = await startService();
    const email = newAddress();
    expect((await registerBasic(service, email)).status).toBe(200);
    const { port } = await startMailServer(true);
    const later = await service.restart({ SMTP_URL: urlTo(port) });
    onTestFinished(() => later.stop());

    const answer = await new BasicClient(`${later.url}/basic`).login({ email, password: 'Secret1234' });

    expect(whole(answer)).toEqual({ status: 403, body: { error: 'Unverified email address', statusCode: 403 } });
  });
});

describe('an address with more than ASCII behind the @', () => {
  it('is taken by every mail server', async () => {
    const { port } = await startMailServer(true);
    const service = await start({ SMTP_URL: urlTo(port) });
    const { username } = newPerson();

    const email = `${username}@b\u00fccher.example`;
    expect((await registerBasic(service, email)).status).toBe(200);
    await service.app.get(DataSource).getRepository(User).update({ email }, { emailVerifiedAt: new Date() });
    expect((await registerBasic(service, `${username}@xn--bcher-kva.example`)).status).toBe(400);
  });
});
