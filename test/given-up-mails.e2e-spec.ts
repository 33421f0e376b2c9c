import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Notices } from '../src/auth/by-mail/notices.js';
import { User } from '../src/users/user.entity.js';
import { BasicClient } from './support/basic.client.js';
import { metricsOf } from './support/exposition.js';
import { send } from './support/http.js';
import { decode } from './support/jwt.js';
import { MailServer } from './support/mail-server.js';
import { startService } from './support/service.js';
import { trailOf } from './support/trail.js';

describe('a mail that is given up', () => {
  it('is an event in the trail of its account, and counts in the metrics', async () => {
    const mailServer = await MailServer.start({ refusals: Array<number>(9).fill(550) });
    onTestFinished(() => mailServer.stop());
    const SMTP_URL = `smtp://127.0.0.1:${mailServer.port}`;
    const service = await startService({ SMTP_URL, MAIL_RETRY: '1s', MAIL_QUIET: '0s' });
    onTestFinished(() => service.stop());
    const client = new BasicClient(`${service.url}/basic`);
    const figure = async (): Promise<number | undefined> =>
      (await metricsOf(service)).get('latchkey_mails_given_up_total')?.samples[0]?.value;
    expect(await figure()).toBe(0);

    const { person, tokens } = await client.newcomer();
    const id = Number(decode(tokens.access_token).claims.sub);
    const given = async (): Promise<readonly unknown[]> =>
      (await trailOf(service, id, 'mail_given_up')).map(({ detail, actor, door, refusal }) => ({
        detail: JSON.parse(detail ?? 'null') as unknown,
        actor,
        door,
        refusal,
      }));
    const event = (detail: object): object => ({ detail, actor: 'service', door: 'service', refusal: null });
    await expect.poll(given, { timeout: 20_000 }).toEqual([event({ mail: 'verify_email' })]);
    await send('POST', `${service.url}/password-reset`, { body: { email: person.email } });
    await expect.poll(async () => (await given()).length, { timeout: 20_000 }).toBe(2);
    const users = service.app.get(DataSource).getRepository(User);
    await users.update({ id }, { emailVerifiedAt: new Date(), status: 'active' });
    service.app.get(Notices).strangersShutOut(await users.findOneByOrFail({ id }), 'password', {
      door: 'basic',
      ip: null,
      userAgent: undefined,
    } as never);

    await expect
      .poll(given, { timeout: 20_000 })
      .toEqual([
        event({ mail: 'verify_email' }),
        event({ mail: 'reset_password_requested' }),
        event({ mail: 'notice', of: 'tries of the password' }),
      ]);
    expect(await figure()).toBe(3);
  });
});
