import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
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

/** The mails in the outbox, oldest first, once none is under way any more. */
export async function outboxOf({ app, dataDir }: Service): Promise<OutboxMail[]> {
  await app.get(MailDelivery).settled();
  const folder = join(dataDir, 'outbox');
  const files = readdirSync(folder).sort();
  return Promise.all(
    files.map(async (fileName) => {
      const path = join(folder, fileName);
      const raw = readFileSync(path, 'utf8');
      return { fileName, mode: statSync(path).mode & 0o777, raw, mail: await PostalMime.parse(raw) };
    }),
  );
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

/**
 * The last link that was mailed to an address, where the service serves it. Mails that waited together may come in any
 * order: whoever wants one of them says of which page.
 */
export async function mailedUrl(service: Service, email: string, page?: 'verify' | 'password-reset'): Promise<string> {
  const mails = await mailsTo(service, email);
  const last = page === undefined ? mails.at(-1) : mails.findLast(({ text }) => text?.includes(`/${page}/`));
  if (!last) throw new Error(`No such mail to ${email}.`);
  return urlOf(service, linkIn(last));
}

/** Confirms an address as its owner does: by the last link that was mailed to it. */
export async function confirm(service: Service, email: string): Promise<Answer> {
  return send('POST', await mailedUrl(service, email, 'verify'));
}
