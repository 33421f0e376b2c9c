import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { GraceUses } from '../../src/auth/sessions/grace-uses.js';
import { HousekeepingService } from '../../src/auth/housekeeping.service.js';
import { KnownNetworks } from '../../src/limits/known-networks.js';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { tokenPair } from '../drivers/token-pair.driver.js';
import { CookieClient } from '../support/cookie.client.js';
import { withCookie } from '../support/cookies.js';
import { type Answer, form, send, type Sending } from '../support/http.js';
import { from, LIMITED } from '../support/networks.js';
import { pairOf } from '../support/pairs.js';
import { basicOf } from '../support/oauth.client.js';
import { newPerson } from '../support/people.js';
import { ON_SQLITE, type Service, startService } from '../support/service.js';

/** The minutes of the longest budget of failed sign-ins. */
const WINDOW = 15;

/** Requests of each kind in a minute: more than any of them is recorded. */
const A_MINUTE = 12;

const MINUTES_A_DAY = 24 * 60;

/** Right sign-ins that a site may make in a day by default, and those that are measured. */
const SIGN_INS_A_DAY = 15_000;
const SIGN_INS = 100;

/** The longest user agent that is kept, in characters that take the most room. */
const AGENT = '\xff'.repeat(512);
const MB = 1_000_000;

/** How many bytes of the store are in use. */
async function usedBytes({ app }: Service): Promise<number> {
  const pragma = async (name: string): Promise<number> => {
    const [row] = await app.get(DataSource).query<Record<string, number>[]>(`PRAGMA ${name}`);
    return row![name]!;
  };
  return ((await pragma('page_count')) - (await pragma('freelist_count'))) * (await pragma('page_size'));
}

describe('An attack of a day at full speed from one /48', () => {
  it('adds at most 100 MB to the store', { timeout: 300_000 }, async () => {
    const service = await startService({ ...LIMITED, ...ON_SQLITE, REGISTRATION_LIMIT: '60/1h', MAIL_RETRY: '1s' });
    onTestFinished(() => service.stop());
    const { token } = await new CookieClient(`${service.url}/cookie`).newcomer();
    let asked = 0;
    /** From another network of the site each time. */
    const say = (method: string, path: string, sending: Sending): Promise<Answer> => {
      const ip = `2001:db8:0:${(++asked % 65_536).toString(16)}::${(asked % 9999).toString(16)}`;
      const { headers } = sending;
      return send(method, service.url + path, from(ip, { ...sending, headers: { ...headers, 'user-agent': AGENT } }));
    };
    const kinds: (() => Promise<Answer>)[] = [
      ...DRIVERS.flatMap((driver) => [
        () => through(driver.name, driver.signIn(driver.newPerson())),
        () => through(driver.name, driver.registration(driver.newPerson())),
      ]),
      () => say('POST', '/oauth/introspect', clientOf({ token: 'x' })),
      () => say('POST', '/oauth/token', clientOf({ grant_type: 'client_credentials' })),
      () => say('POST', '/password-reset', { body: { email: newPerson().email } }),
      () => say('POST', '/verify/resend', { body: { email: newPerson().email } }),
      () =>
        say('POST', '/account/password', {
          headers: withCookie(token),
          body: { old_password: 'x', new_password: 'battery staple 71' },
        }),
      () => say('POST', '/protected/pin', { headers: withCookie(token), body: { pin: '12345' } }),
      () => say('GET', '/admin/users', { headers: withCookie(token) }),
    ];
    function through(
      contract: string,
      { method, path, ...sending }: ReturnType<(typeof DRIVERS)[0]['signIn']>,
    ): Promise<Answer> {
      return say(method, `/${contract}${path}`, sending);
    }
    function clientOf(fields: Record<string, string>): Sending {
      const { headers, body } = form(fields);
      return { body, headers: { ...headers, ...basicOf({ id: `svc_${newPerson().username}`, secret: 'nonsense' }) } };
    }

    const [driver] = DRIVERS as [Driver];
    const person = driver.newPerson();
    await through(driver.name, driver.registration(person));
    const signIns = async (): Promise<void> => {
      for (let n = 0; n < SIGN_INS; n++) {
        const answer = await through(driver.name, driver.signIn(person));
        expect(answer.status).toBe(200);
      }
    };
    let { refresh } = pairOf(await through('token-pair', tokenPair.registration(tokenPair.newPerson())));
    const rotations = async (): Promise<void> => {
      for (let n = 0; n < A_MINUTE; n++) {
        const sending = { body: { refresh } };
        ({ refresh } = pairOf(await say('POST', '/token-pair/auth/token/refresh', sending)));
        await say('POST', '/token-pair/auth/token/refresh', sending);
      }
      await say('DELETE', '/account/sessions', { headers: withCookie(token) });
    };

    const minute = async (): Promise<void> => {
      await Promise.all(kinds.flatMap((kind) => Array.from({ length: A_MINUTE }, kind)));
      await rotations();
      await service.app.get(MailDelivery).settled();
      service.advance(60);
      service.app.get(GraceUses).look();
      await service.app.get(AuditLog).flush();
      await service.app.get(HousekeepingService).sweep();
    };
    for (let minutes = 0; minutes < WINDOW; minutes++) await minute();
    const before = await usedBytes(service);
    for (let minutes = 0; minutes < WINDOW; minutes++) await minute();
    const between = await usedBytes(service);
    await signIns();
    await service.app.get(AuditLog).flush();
    await service.app.get(KnownNetworks).flush();
    await service.app.get(HousekeepingService).sweep();
    const refused = ((between - before) / WINDOW) * MINUTES_A_DAY;
    const signedIn = (((await usedBytes(service)) - between) / SIGN_INS) * SIGN_INS_A_DAY;

    expect([refused, signedIn].map((bytes) => bytes > 0)).toEqual([true, true]);
    expect(refused + signedIn).toBeLessThan(100 * MB);
  });
});
