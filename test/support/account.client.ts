import { MailDelivery } from '../../src/mail/mail-delivery.js';
import type { Driver, Request } from '../drivers/driver.js';
import { basic } from '../drivers/basic.driver.js';
import { type Answer, send, type Sending } from './http.js';
import type { Person } from './people.js';
import type { Service } from './service.js';

type Headers = Readonly<Record<string, string>>;

/** Somebody who signed in through a contract. */
export interface Holder {
  readonly person: Person;
  /** How requests to the native API carry the access token or opaque token, as that contract carries it. */
  readonly headers: Headers;
  readonly token: string;
  /** What the sign-in answered. */
  readonly signedIn: Answer;
}

/** Signs up and in through a contract, and speaks the account API with what that gave. */
export class AccountClient {
  constructor(
    private readonly service: () => Service,
    private readonly driver: Driver,
  ) {}

  /** Somebody new, signed in. @param headers of the sign-in, beside the contract's own */
  async newcomer(headers: Headers = {}): Promise<Holder> {
    const person = this.driver.newPerson();
    await this.ask(this.driver.registration(person));
    await this.driver.activate?.(this.service(), person);
    // A mail that is made only now would else take part in what the test goes on to do.
    await this.service().app.get(MailDelivery).settled();
    return this.signIn(person, headers);
  }

  /** Opens another session of somebody. @param headers of the sign-in, beside the contract's own */
  async signIn(person: Person, headers: Headers = {}): Promise<Holder> {
    const request = this.driver.signIn(person);
    const signedIn = await this.ask({ ...request, headers: { ...request.headers, ...headers } });
    const token = this.accessToken(signedIn);
    return { person, token, signedIn, headers: carrying(this.driver, token) };
  }

  ask({ method, path, ...sending }: Request): Promise<Answer> {
    return send(method, `${this.service().url}/${this.driver.name}${path}`, sending);
  }

  /** Basic's credential in the shared suite is its refresh token; the access token is the one of the wrong type there. */
  private accessToken(signedIn: Answer): string {
    const { credential, wrongType } = this.driver;
    return this.driver === basic ? wrongType(signedIn, { access: '', refresh: '' }) : credential(signedIn);
  }
}

/** How a contract carries a token. */
function carrying({ name }: Driver, token: string): Headers {
  if (name === 'cookie') return { cookie: `token=${token}` };
  return { authorization: name === 'bare-token' ? token : `Bearer ${token}` };
}

/** Asks a native route as somebody. */
export function askAs(
  { url }: Service,
  { headers }: Pick<Holder, 'headers'>,
  method: string,
  path: string,
  sending: Sending = {},
): Promise<Answer> {
  return send(method, url + path, { ...sending, headers: { ...headers, ...sending.headers } });
}

/** The profile that `GET /account` answers, for what a test compares with. */
export async function idsOf(service: Service, holder: Holder): Promise<{ accountId: number; sessionId: string }> {
  const { json } = await askAs(service, holder, 'GET', '/account');
  const { id, session } = json as { id: number; session: { id: string } };
  return { accountId: id, sessionId: session.id };
}
