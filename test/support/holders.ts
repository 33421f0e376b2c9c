import { DRIVERS } from '../drivers/index.js';
import type { Driver } from '../drivers/driver.js';
import { type Answer, send, type Sending } from './http.js';
import type { Person } from './people.js';

/** Somebody who signed in through a contract. */
export interface Holder {
  readonly driver: Driver;
  readonly person: Person;
  readonly signedIn: Answer;
  readonly credential: string;
}

/** Sends a request of a contract, at the path that its document prints. */
export function ask(
  url: string,
  { method, path, ...sending }: Sending & { method: string; path: string },
): Promise<Answer> {
  return send(method, url + path, sending);
}

/** Registers and signs in somebody new through every contract; addresses must not have to be verified. */
export async function holders(url: string): Promise<Holder[]> {
  return Promise.all(DRIVERS.map((driver) => holder(url, driver)));
}

/** Registers and signs in somebody new through one contract. */
export async function holder(url: string, driver: Driver): Promise<Holder> {
  const person = driver.newPerson();
  await ask(url, driver.registration(person));
  const signedIn = await ask(url, driver.signIn(person));
  if (signedIn.status !== 200) throw new Error(`${driver.name} answered ${signedIn.status}: ${signedIn.text}`);
  return { driver, person, signedIn, credential: driver.credential(signedIn) };
}
