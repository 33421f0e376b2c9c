import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { bareToken } from '../drivers/bare-token.driver.js';
import { AccountClient, askAs, type Holder } from '../support/account.client.js';
import { linksIn } from '../support/claims.js';
import { mailsTo } from '../support/outbox.js';
import { newPerson } from '../support/people.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ LIMITS: 'on' });
});
afterAll(() => service.stop());

const client = new AccountClient(() => service, bareToken);

async function change(holder: Holder, email: string): Promise<number> {
  const body = { email, password: holder.person.password };
  const { status } = await askAs(service, holder, 'POST', '/account/email', { body });
  await service.app.get(MailDelivery).settled();
  return status;
}

describe('POST /account/email', () => {
  it('mails a stranger once in five minutes, however many accounts name the address and however they spell it', async () => {
    const { email } = newPerson();
    const holders = [await client.newcomer(), await client.newcomer(), await client.newcomer()];
    const spellings = [email, email.toUpperCase(), email];
    for (const [i, holder] of holders.entries()) expect(await change(holder, spellings[i] as string)).toBe(202);
    expect(await mailsTo(service, email)).toHaveLength(1);

    service.advance(301);
    for (const holder of holders) expect(await change(holder, email)).toBe(202);
    expect(await mailsTo(service, email)).toHaveLength(2);
  });

  it('mails the links of the others together, a minute after the first', async () => {
    const { email } = newPerson();
    for (let n = 0; n < 3; n++) expect(await change(await client.newcomer(), email)).toBe(202);
    const links = async (): Promise<number[]> =>
      (await mailsTo(service, email)).map(({ text }) => linksIn(service, text).length);
    expect(await links()).toEqual([1]);

    service.advance(61);
    await service.app.get(MailDelivery).settled();
    expect(await links()).toEqual([1, 2]);
  });
});
