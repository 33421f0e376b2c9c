import { tokenPair } from '../drivers/token-pair.driver.js';
import { AccountClient, askAs, type Holder } from './account.client.js';
import type { Answer } from './http.js';
import { mailedUrl } from './outbox.js';
import { verifiedPerson } from './reset.js';
import type { Service } from './service.js';

/** Asks for another address as somebody who is signed in. */
export function changeEmail(
  service: Service,
  holder: Holder,
  email: unknown,
  password: unknown = holder.person.password,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return askAs(service, holder, 'POST', '/account/email', { headers, body: { email, password } });
}

/** Has a link to another address mailed there, and answers where the service serves it. */
export async function changeUrl(service: Service, holder: Holder, email: string): Promise<string> {
  await changeEmail(service, holder, email);
  return mailedUrl(service, email);
}

/** Somebody with a verified address, signed in through token-pair, and an address that nobody has. */
export async function verifiedHolder(service: Service): Promise<Holder & { readonly other: string }> {
  const person = await verifiedPerson(service);
  const holder = await new AccountClient(() => service, tokenPair).signIn(person);
  return { ...holder, other: `other.${person.email}` };
}
