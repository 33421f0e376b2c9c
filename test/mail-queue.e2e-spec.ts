import { setImmediate } from 'node:timers/promises';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { MailsStore } from '../src/mail/mails.store.js';
import { WaitingMail } from '../src/mail/mail.entity.js';
import { MailQueue } from '../src/mail/mail-queue.js';
import { basic } from './drivers/basic.driver.js';
import { bothEngines, type EngineUnderTest } from './support/engines.js';
import { holdNext } from './support/hold.js';
import { ask } from './support/holders.js';
import { MailServer } from './support/mail-server.js';
import { LIMITED } from './support/networks.js';
import { linkIn, mailsTo } from './support/outbox.js';
import { emptyFolder, freePort, type ServiceProcess, startProcess } from './support/process.js';
import { askForReset, verifiedPerson } from './support/reset.js';
import { type Service, startService } from './support/service.js';

async function mailServerWith(options: Parameters<typeof MailServer.start>[0] = {}, port = 0): Promise<MailServer> {
  const mailServer = await MailServer.start(options, port);
  onTestFinished(() => mailServer.stop());
  return mailServer;
}

/** Puts so many notices into the queue, each for an account of its own at a subdomain of its own, from one network or many. */
async function enqueue({ app }: Service, count: number, domain: string, from?: string): Promise<void> {
  for (let n = 0; n < count; n++) {
    const to = `${n}@${n}.${domain}`;
    const notice = { kind: 'notice', to, what: 'password', at: new Date().toISOString(), ip: null };
    await app.get(MailQueue).enqueue(notice, { owner: `account ${n}`, to, from: from ?? `10.${n >> 8}.${n & 255}.1` });
  }
}

/** Queues a notice for one owner. The queue collects those of one kind. */
async function notifyOwner({ app }: Service, at: string): Promise<void> {
  const [to, what] = ['owner@example.com', 'PIN'];
  const notice = { kind: 'notice', to, what, at, ip: null };
  await app.get(MailQueue).enqueue(notice, { owner: 'owner', to, from: null, group: what });
}

describe.each(bothEngines('queue'))('Mails that cannot be delivered, on $engine,', ({ settings }) => {
  it('hold up nobody: a link to a new password arrives within 5 s while 1,000 of them wait', async () => {
    const mailServer = await mailServerWith({ fullDomain: 'full.example' });
    const service = await startService({
      ...(await settings()),
      SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`,
      MAIL_RETRY: '1s',
    });
    onTestFinished(() => service.stop());
    const { email } = await verifiedPerson(service);
    await enqueue(service, 1000, 'full.example');
    await expect.poll(() => mailServer.offered).toBeGreaterThan(20);

    await askForReset(service, email);

    await expect.poll(() => mailServer.arrivals.map(({ to }) => to[0]), { timeout: 5000 }).toEqual([email]);
  });
});

describe('Mailboxes that answer slowly', () => {
  it.each([
    { whose: 'of one network', from: '192.0.2.1' },
    { whose: 'of one domain', from: undefined },
  ])('hold up nobody else, those $whose', async ({ from }) => {
    const mailServer = await mailServerWith({ fullDomain: 'slow.example', fullAfterMs: 4000 });
    const service = await startService({ SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`, MAIL_RETRY: '1s' });
    onTestFinished(() => service.stop());
    const { email } = await verifiedPerson(service);
    await enqueue(service, 100, 'slow.example', from);
    await expect.poll(() => mailServer.offered).toBeGreaterThan(2);

    await askForReset(service, email);

    await expect.poll(() => mailServer.arrivals.map(({ to }) => to[0]), { timeout: 5000 }).toEqual([email]);
  });
});

describe.each(bothEngines('killed_queue'))('Mails that wait on $engine', ({ settings }) => {
  it('outlive kill -9', { timeout: 180_000 }, async () => {
    const database = await settings();
    const env = {
      ...database,
      ...(database.DATABASE_URL && { LATCHKEY_SECRET: 'a service secret of at least 32 bytes' }),
      PUBLIC_URL: 'http://latchkey.test',
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_RETRY: '3s',
    };
    const folder = emptyFolder();
    const start = async (more: object = {}): Promise<ServiceProcess> => {
      const service = startProcess(folder, { ...env, PORT: await freePort(), ...more });
      await service.listening;
      return service;
    };
    const killed = await start();
    const people = Array.from({ length: 5 }, () => basic.newPerson());
    for (const person of people) expect((await ask(killed.url, basic.registration(person))).status).toBe(200);
    // One that is being tried when its instance dies is tried again only after two minutes.
    const failed = (): string[] => killed.output.filter((line) => line.includes('A mail could not be sent.'));
    await expect.poll(() => failed().length).toBeGreaterThanOrEqual(people.length);
    killed.kill('SIGKILL');
    await killed.ended;

    const mailServer = await mailServerWith();
    await start({ SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` });

    const addresses = (): string[] => mailServer.arrivals.map(({ to }) => String(to[0])).sort();
    await expect.poll(addresses, { timeout: 150_000, interval: 100 }).toEqual(people.map(({ email }) => email).sort());
    for (const { mail } of mailServer.arrivals)
      expect(linkIn(mail)).toMatch(/^http:\/\/latchkey\.test\/verify\/[\w-]+$/);
  });
});

describe.each(bothEngines('collected'))('Notices of one kind on $engine', ({ settings }) => {
  it('are taken together, also while the statement that takes the others is under way', async () => {
    const mailServer = await mailServerWith();
    const service = await startService({ ...(await settings()), SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` });
    onTestFinished(() => service.stop());
    const [delivery, store] = [service.app.get(MailDelivery), service.app.get(MailsStore)];
    const leaseGroup = store.leaseGroup.bind(store);
    vi.spyOn(store, 'leaseGroup').mockImplementation(async (group) => {
      // A whole look passes first.
      await delivery.look();
      return leaseGroup(group);
    });
    const texts = (): unknown[] => mailServer.arrivals.map(({ mail }) => mail.text?.split('\n')[0]);
    await notifyOwner(service, '2026-01-01T08:00:00.000Z');
    await delivery.settled();
    for (const at of ['08:01', '08:02', '08:03']) await notifyOwner(service, `2026-01-01T${at}:00.000Z`);
    await delivery.settled();
    expect(texts()).toEqual(['The PIN of your account was changed.']);

    service.advance(601);
    await delivery.settled();

    expect(texts().slice(1)).toEqual(['The PIN of your account was changed, 3 times more:']);
  });
});

describe.each(bothEngines('added'))('A mail that is added on $engine', ({ settings }) => {
  it('while due mails are looked for is found by one more look, without waiting for the timer', async () => {
    const mailServer = await mailServerWith();
    const service = await startService({ ...(await settings()), SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` });
    onTestFinished(() => service.stop());
    const timers = service.app.get(SchedulerRegistry);
    for (const timer of timers.getIntervals()) timers.deleteInterval(timer);
    const delivery = service.app.get(MailDelivery);
    await delivery.settled();
    // The look has found no mail that was never tried, and does not know that yet.
    const held = holdNext(service.app.get(MailsStore), 'lease', 'after');
    const looking = delivery.look();
    await held.reached;
    await enqueue(service, 1, 'example.com');
    // The queue asks for a look in the next turn of the loop.
    await setImmediate();
    held.release();
    await looking;

    await expect.poll(() => mailServer.arrivals.map(({ to }) => to[0])).toEqual(['0@0.example.com']);
  });
});

const SHARED = bothEngines('shared_queue');

describe('Mails that two instances share', () => {
  it('are sent once each', async () => {
    const mailServer = await mailServerWith();
    const [, { settings }] = SHARED as [unknown, EngineUnderTest];
    const env = { ...(await settings()), SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` };
    const services = [await startService(env), await startService(env)] as const;
    for (const service of services) onTestFinished(() => service.stop());
    await enqueue(services[0], 100, 'example.com');
    await Promise.all(services.map(({ app }) => app.get(MailDelivery).settled()));
    expect(mailServer.arrivals.map(({ to }) => String(to[0])).sort()).toEqual(
      Array.from({ length: 100 }, (_, n) => `${n}@${n}.example.com`).sort(),
    );
    expect(new Set(mailServer.arrivals.map(({ mail }) => mail.messageId)).size).toBe(100);
  });
});

describe('The queue of mails', () => {
  it('puts no mail behind what is collected and not due', async () => {
    const service = await startService();
    onTestFinished(() => service.stop());
    vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    const mails = service.app.get(DataSource).getRepository(WaitingMail);
    await enqueue(service, 5, 'example.com', '192.0.2.1');
    await mails.update({ tries: 0 }, { nextTryAt: new Date('2100-01-01') });

    await enqueue(service, 1, 'example.com', '192.0.2.1');

    expect((await mails.findOneOrFail({ where: {}, order: { id: 'DESC' } })).turn).toBe(0);
  });

  it('does not tell by its length whether somebody has an address', async () => {
    const service = await startService({ SMTP_URL: 'smtp://127.0.0.1:1' });
    onTestFinished(() => service.stop());
    const delivery = service.app.get(MailDelivery);
    const waiting = async (): Promise<number> => {
      await delivery.settled();
      await delivery.count();
      return delivery.waitingCount;
    };
    const { email } = await verifiedPerson(service);
    await askForReset(service, `nobody.${email}`);
    await askForReset(service, email);
    expect(await waiting()).toBe(0);
    expect(await service.app.get(DataSource).getRepository(WaitingMail).count()).toBe(1);
    await enqueue(service, 1, 'example.com');
    expect(await waiting()).toBe(1);
  });

  it('holds what a stranger asks for once, so that nobody uses up what an address may have', async () => {
    const service = await startService({ ...LIMITED, MAIL_REQUEST_LIMIT: '1000/1h' });
    onTestFinished(() => service.stop());
    const look = vi.spyOn(service.app.get(MailsStore), 'lease').mockResolvedValue(undefined);
    const rows = service.app.get(DataSource).getRepository(WaitingMail);
    const { email } = await verifiedPerson(service);
    for (let n = 0; n < 120; n++) await askForReset(service, email, { 'x-forwarded-for': `192.0.2.${n}` });
    expect(await rows.count()).toBe(1);
    await askForReset(service, email, { 'x-forwarded-for': '198.51.100.1' });
    expect(await rows.count()).toBe(2);
    look.mockRestore();
    expect((await mailsTo(service, email)).map(({ subject }) => subject)).toEqual(['Set a new password']);
  });

  it('loses no notice with the one that it was put together with, when that is given up', async () => {
    const mailServer = await mailServerWith({ refusals: [550, 550, 550] });
    const service = await startService({ SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`, MAIL_RETRY: '10s' });
    onTestFinished(() => service.stop());
    const delivery = service.app.get(MailDelivery);
    await notifyOwner(service, '2026-01-01T08:00:00.000Z');
    await delivery.settled();
    service.advance(11);
    await delivery.settled();
    await notifyOwner(service, '2026-01-01T09:30:00.000Z');
    service.advance(21);
    await delivery.settled();
    expect([mailServer.offered, mailServer.arrivals.length]).toEqual([3, 0]);
    service.advance(21);
    await delivery.settled();

    expect(mailServer.arrivals.map(({ mail }) => mail.text)).toEqual([
      expect.stringMatching(/^The PIN of your account was changed\./),
    ]);
  });
});
