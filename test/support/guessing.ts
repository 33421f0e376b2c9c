import { KnownNetworks } from '../../src/limits/known-networks.js';
import { UsersService } from '../../src/users/users.service.js';
import type { Driver } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { type Answer, send } from './http.js';
import { from, newNetwork } from './networks.js';
import { newPerson, type Person } from './people.js';
import type { Service } from './service.js';

/** Those who know passwords and those who do not, each asking from the network that a test says. */
export class Guessing {
  constructor(readonly service: Service) {}

  /** Somebody who registered through a contract, from a network of nobody else's, and may sign in. */
  async member(driver: Driver): Promise<Person> {
    const person = driver.newPerson();
    await this.ask(driver, driver.registration(person), newNetwork());
    await driver.activate?.(this.service, person);
    // Which budgets strangers have depends on whether the account knows a network.
    await this.service.app.get(KnownNetworks).flush();
    return person;
  }

  /** Somebody with a name and an address that every contract takes, though not with one password for all. */
  async memberOfAll(): Promise<Person> {
    const person = newPerson();
    const cookie = DRIVERS.find(({ name }) => name === 'cookie') as Driver;
    await this.ask(cookie, cookie.registration({ ...person, password: 'Secret1234#' }), newNetwork());
    const users = this.service.app.get(UsersService);
    const user = await users.findByName('username', person.username);
    await users.confirmEmail(user?.id ?? 0, person.email, false);
    return person;
  }

  signIn(driver: Driver, person: Person, ip: string): Promise<Answer> {
    return this.ask(driver, driver.signIn(person), ip);
  }

  /** A sign-in with a wrong password that the contract would accept. */
  guess(driver: Driver, person: Person, ip: string): Promise<Answer> {
    return this.signIn(driver, { ...person, password: driver.newPerson().password.replace('Secret', 'Wrong') }, ip);
  }

  /** So many guesses, all at once. */
  guesses(count: number, driver: Driver, person: Person, ip: string): Promise<Answer[]> {
    return Promise.all(Array.from({ length: count }, () => this.guess(driver, person, ip)));
  }

  private ask(driver: Driver, request: ReturnType<Driver['signIn']>, ip: string): Promise<Answer> {
    const { method, path, ...sending } = from(ip, request);
    return send(method, `${this.service.url}/${driver.name}${path}`, sending);
  }
}

/** How many answers have each status. */
export function byStatus(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** How many of twenty guesses at once get through. */
export async function guessesLeft(they: Guessing, driver: Driver, person: Person, ip: string): Promise<number> {
  const counts = byStatus(await they.guesses(20, driver, person, ip));
  return 20 - (counts[429] ?? 0);
}
