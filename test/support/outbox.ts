import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { DataSource } from 'typeorm';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { OneTimeToken } from '../../src/tokens/one-time-token.entity.js';
import { type Answer, send } from './http.js';
import type { Service } from './service.js';

/** A mail that the service wrote into its outbox. */
export interface OutboxMail {
  readonly fileName: string;
  /** The permissions of the file. */
  readonly mode: number;
  readonly raw: string;
  readonly mail: Email;
}

/**
 * The mails in the outbox, in the order in which they were asked for, once none is under way any more. Those that wait
 * together are written at once, so that their files may come in any order.
 */
export async function outboxOf({ app, dataDir }: Service): Promise<OutboxMail[]> {
  await app.get(MailDelivery).settled();
  const folder = join(dataDir, 'outbox');
  const mails = await Promise.all(
    readdirSync(folder).map(async (fileName) => {
      const path = join(folder, fileName);
      const raw = readFileSync(path, 'utf8');
      return { fileName, mode: statSync(path).mode & 0o777, raw, mail: await PostalMime.parse(raw) };
    }),
  );
  // Their ids are in the order of time.
  return mails.sort((one, other) => (String(one.mail.messageId) < String(other.mail.messageId) ? -1 : 1));
}

/** The mails to an address in the outbox, oldest first. */
export async function mailsTo(service: Service, email: string): Promise<Email[]> {
  const mails = (await outboxOf(service)).map(({ mail }) => mail);
  return mails.filter(({ to }) => to?.some(({ address }) => address === email));
}

/** The link in a mail: a line of its own. */
export function linkIn({ text = '' }: Email): string {
  const links = text.split('\n').filter((line) => /^https?:/.test(line));
  if (links.length !== 1 || links[0] === undefined) throw new Error(`Not one link but ${links.length} in: ${text}`);
  return links[0];
}

/** Where the service itself serves the link of a mail; in tests it is not reached under its `PUBLIC_URL`. */
export function urlOf({ url }: Service, link: string): string {
  return url + new URL(link).pathname;
}

/** The last link that was mailed to an address, where the service serves it. */
export async function mailedUrl(service: Service, email: string): Promise<string> {
  const last = (await mailsTo(service, email)).at(-1);
  if (!last) throw new Error(`No mail to ${email}.`);
  return urlOf(service, linkIn(last));
}

/** When the last link to an address was made and when it ends, in milliseconds. */
export async function timesOfLink({ app }: Service, email: string): Promise<{ madeAt: number; endsAt: number }> {
  const links = app.get(DataSource).getRepository(OneTimeToken);
  const { createdAt, expiresAt } = await links.findOneOrFail({ where: { email }, order: { id: 'DESC' } });
  return { madeAt: createdAt.getTime(), endsAt: expiresAt.getTime() };
}

/** Confirms an address as its owner does: by the last link that was mailed to it. */
export async function confirm(service: Service, email: string): Promise<Answer> {
  return send('POST', await mailedUrl(service, email));
}
