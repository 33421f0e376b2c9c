import type { Driver, Request } from '../drivers/driver.js';
import { DRIVERS } from '../drivers/index.js';
import { type Answer, send } from './http.js';
import { newPerson, type Person } from './people.js';
import type { Connection } from './postgres.js';

/** Somebody's session through one contract. */
export interface Opened {
  readonly driver: Driver;
  readonly person: Person;
  readonly signedIn: Answer;
}

/** The front ends of all contracts, which ask whatever address they are told next. */
export class FrontEnds {
  /**
   * @param next where the next request goes
   * @param database the store, for what only an operator or the owner of an address can do
   */
  constructor(
    private readonly next: () => string,
    private readonly database: Connection,
  ) {}

  /** A request through a contract. @param at where it goes, instead of wherever is next */
  ask({ name }: Driver, { method, path, ...sending }: Request, at = this.next()): Promise<Answer> {
    return send(method, `${at}/${name}${path}`, sending);
  }

  /** Registers somebody whom all contracts know: with a verified address, and a password that all but cookie's registration take. */
  async member(): Promise<Person> {
    const person = newPerson();
    const { username, email, password } = person;
    await send('POST', `${this.next()}/opaque-token/register`, { body: { username, password } });
    const statement = 'UPDATE users SET email = $2, email_key = $2, email_verified_at = now() WHERE username = $1';
    await this.database.query(statement, [username, email]);
    return person;
  }

  /** Signs somebody in through a contract. */
  async open(driver: Driver, person: Person): Promise<Opened> {
    return { driver, person, signedIn: await this.ask(driver, driver.signIn(person)) };
  }

  /** Signs somebody in through every contract. */
  async openAll(person: Person): Promise<Opened[]> {
    return Promise.all(DRIVERS.map((driver) => this.open(driver, person)));
  }

  /** Asks for what only the session's credential opens. */
  use({ driver, signedIn }: Opened, at?: string): Promise<Answer> {
    return this.ask(driver, driver.guarded(driver.credential(signedIn)), at);
  }

  /** Ends every session of somebody. */
  async clear(person: Person, at = this.next()): Promise<void> {
    const { username, password } = person;
    const { json } = await send('POST', `${at}/opaque-token/login`, { body: { username, password } });
    const authorization = `Bearer ${(json as { token: string }).token}`;
    const { status } = await send('POST', `${at}/opaque-token/clear-tokens`, { headers: { authorization } });
    if (status !== 200) throw new Error(`Not cleared: ${status}`);
  }
}
