// oxlint-disable no-control-regex -- all of ASCII
import { describe, expect, it, onTestFinished } from 'vitest';
import { changeAccount } from './support/accounts.js';
import { changeEmail } from './support/email-change.js';
import { AccountClient } from './support/account.client.js';
import { tokenPair } from './drivers/token-pair.driver.js';
import { CookieClient } from './support/cookie.client.js';
import { BasicClient } from './support/basic.client.js';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { send } from './support/http.js';
import { MailServer } from './support/mail-server.js';
import { outboxOf } from './support/outbox.js';
import { newPerson } from './support/people.js';
import { askForReset, setPassword, verifiedPerson } from './support/reset.js';
import { type Environment, type Service, startService } from './support/service.js';

const LONG_URL = `https://login.accounts.${'department-of-very-long-names.'.repeat(3)}example.com/accounts/of/everybody`;

async function started(env: Environment): Promise<Service> {
  const service = await startService(env);
  onTestFinished(() => service.stop());
  return service;
}

/** Has every kind of mail sent to addresses that begin with a text. */
async function everyKind(service: Service, localPart: string): Promise<void> {
  const address = `${localPart}@example.com`;
  await new BasicClient(`${service.url}/basic`).register({ email: address, password: 'Secret1234' });
  const username = `Jürgen日本${localPart.length}`;
  const email = `named.${address}`.replace(/^(.{64}).*@/, '$1@');
  await new CookieClient(`${service.url}/cookie`).register({ username, email, password: 'Secret1234#' });
  await send('POST', `${service.url}/verify/resend`, { body: { email } });
  const person = await verifiedPerson(service);
  const own = `x.${address}`.replace(/^(.{64}).*@/, '$1@');
  await changeAccount(service, person, { email: own, emailKey: own });
  await askForReset(service, own);
  const holder = await new AccountClient(() => service, tokenPair).signIn(person);
  await changeEmail(service, holder, `${newPerson().username}.${localPart}`.slice(0, 64) + '@example.com');
  await service.app.get(MailDelivery).settled();
}

/** What is wrong with a mail: links that are not whole on a line, lines that are too long, anything encoded. */
function faultsOf(raw: string, publicUrl: string): string[] {
  const [head = '', ...rest] = raw.split(/\r?\n\r?\n/);
  const lines = rest.join('\n\n').split(/\r?\n/);
  const link = new RegExp(`^${publicUrl.replaceAll('.', '\\.')}/(verify|password-reset)/[\\w-]{43}$`);
  return [
    ...(lines.filter((line) => link.test(line)).length === 1 ? [] : ['no whole link']),
    ...(raw.split(/\r?\n/).some((line) => Buffer.byteLength(line) > 998) ? ['a line is too long'] : []),
    ...(/^content-transfer-encoding: 7bit$/im.test(head) ? [] : ['not sent as it is']),
    ...(lines.every((line) => /^[\0-\x7f]*$/.test(line)) ? [] : ['not ASCII']),
    ...(/^message-id: <[\da-f-]{36}@xn--bcher-kva\.example>$/im.test(head) ? [] : ['no Message-ID in ASCII']),
    ...(/format=flowed/i.test(head) ? ['flowed'] : []),
  ];
}

/** Addresses that make nodemailer fold, encode or quote. */
const LOCAL_PARTS = ['ada', 'l'.repeat(64), `first.second+tag=${'x'.repeat(40)}`, 'jürgen.müller'];

describe('a mailed link', () => {
  it.each([
    ['a short PUBLIC_URL', 'http://latchkey.test', 'http://latchkey.test'],
    ['a long PUBLIC_URL', LONG_URL, LONG_URL],
    ['a PUBLIC_URL of another script', 'https://bücher.example/konten', 'https://xn--bcher-kva.example/konten'],
  ])(
    'is whole on one line with %s, in the outbox and over SMTP',
    async (_what, PUBLIC_URL, printed) => {
      const from = { PUBLIC_URL, MAIL_FROM: 'Ätna Konten und Zugänge für alle <no-reply@bücher.example>' };
      const mailServer = await MailServer.start();
      onTestFinished(() => mailServer.stop());
      const all = 4 * LOCAL_PARTS.length;
      const writing = await started(from);
      for (const localPart of LOCAL_PARTS) await everyKind(writing, localPart);
      const files = await outboxOf(writing);
      const sending = await started({ ...from, SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` });
      for (const localPart of LOCAL_PARTS) await everyKind(sending, localPart);
      await expect.poll(() => mailServer.arrivals.length).toBe(all);

      expect(files).toHaveLength(all);
      const named = files.filter(({ mail }) => mail.text?.includes('through cookie, as Jurgen??'));
      expect(named).toHaveLength(LOCAL_PARTS.length);
      for (const { raw } of [...files, ...mailServer.arrivals])
        expect([raw, faultsOf(raw, printed)]).toEqual([raw, []]);
    },
    60_000,
  );
});

describe('a notice', () => {
  it('is sent as it is, too', async () => {
    const service = await started({ PUBLIC_URL: LONG_URL });
    const person = await verifiedPerson(service);
    await askForReset(service, person.email);
    const [reset] = await outboxOf(service);
    const path = /\/password-reset\/[\w-]{43}/.exec(reset?.raw ?? '')?.[0] ?? '';
    expect((await setPassword(service.url + path)).status).toBe(200);
    expect((await send('GET', service.url + path)).status).toBe(410);

    const notice = (await outboxOf(service)).at(-1);
    expect(notice?.mail.subject).toBe('Your password was changed');
    expect(notice?.raw).toContain('Content-Transfer-Encoding: 7bit');
  });
});
