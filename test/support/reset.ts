import type { Answer, Sending } from './http.js';
import { form, send } from './http.js';
import { mailedUrl, mailsTo } from './outbox.js';
import { newPerson, type Person } from './people.js';
import type { Service } from './service.js';
import { TokenPairClient } from './token-pair.client.js';
import { changeAccount } from './accounts.js';

/** A password that the native routes take. */
export const NEW_PASSWORD = 'battery staple 71';

/** Asks for a link to a new password. */
export function askForReset({ url }: Service, email: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send('POST', `${url}/password-reset`, { headers, body: { email } });
}

/** Has a link to a new password mailed, and answers where the service serves it. */
export async function resetUrl(service: Service, email: string): Promise<string> {
  await askForReset(service, email);
  return mailedUrl(service, email);
}

/** Sets a new password as the form of a link's page does. */
export function setPassword(url: string, password = NEW_PASSWORD): Promise<Answer> {
  return send('POST', url, form({ email: 'whatever the form names', password }));
}

/** The kinds of mails that went to an address, oldest first. */
export async function subjectsTo(service: Service, email: string): Promise<(string | undefined)[]> {
  return (await mailsTo(service, email)).map(({ subject }) => subject);
}

/** What a page says: its status, its media type and its heading. */
export function heading({ status, text, headers }: Answer): object {
  return { status, type: headers['content-type'], says: /<h1>(.*)<\/h1>/.exec(text)?.[1] };
}

/** What `heading` makes of a page. */
export function page(status: number, says: string): object {
  return { status, type: 'text/html; charset=utf-8', says };
}

/** Somebody with a username and a verified address. */
export async function verifiedPerson(service: Service): Promise<Person> {
  const person = newPerson();
  await new TokenPairClient(service.url, '/token-pair').register(person);
  await changeAccount(service, person, {
    email: person.email,
    emailKey: person.email,
    emailVerifiedAt: new Date('2026-01-02T03:04:05Z'),
  });
  return person;
}

/** Whether somebody can sign in through token-pair. */
export async function canSignIn(
  { url }: Service,
  { username }: Pick<Person, 'username'>,
  password: string,
): Promise<boolean> {
  const sending: Sending = { body: { username, password } };
  return (await send('POST', `${url}/token-pair/auth/token`, sending)).status === 200;
}
