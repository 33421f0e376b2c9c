import { setTimeout } from 'node:timers/promises';
import { latchkey, latchkeyProcess } from '../../cli/run.js';
import type { Driver, Request } from '../../drivers/driver.js';
import { DRIVERS } from '../../drivers/index.js';
import { type Answer, form, send } from '../http.js';
import type { Person } from '../people.js';
import type { Environment } from '../service.js';
import { type ClientCredential, type Credential, credentialIn, Stock } from './stock.js';

/** How many sessions of each door there are at first, beside the one to keep. */
const AT_FIRST = 3;

/** The administrator, whose password nothing in an answer or in a log looks like by chance. */
export const ADMIN: Person = {
  username: 'the-admin',
  email: 'admin@example.com',
  password: 'Aurora borealis 7 #',
};

/** Where accounts are made, and the tokens of the links that it has mailed so far. */
export interface Founded {
  readonly url: string;
  readonly links: () => readonly string[];
  /** The one that went to an address, among those after so many. */
  readonly linkTo: (email: string, after: number) => string | undefined;
}

/** Somebody who registered and signed in at a door, and what was answered. */
export interface Member {
  readonly driver: Driver;
  readonly person: Person;
  readonly registered: Answer;
  readonly signedIn: Answer;
}

/** What the command line makes in a folder whose service does not run yet: an administrator and a service client. */
export async function foundOnCommandLine(folder: string, env: Environment): Promise<Omit<ClientCredential, 'token'>> {
  const made = await latchkeyProcess({ folder, env, input: `${ADMIN.password}\n` }, 'admin', 'create', ADMIN.username);
  if (made.code !== 0) throw new Error(made.stderr);
  const scopes = ['introspect', 'introspect:refresh', 'revoke'].flatMap((scope) => ['--scope', scope]);
  const { stdout } = await latchkey({ folder, env }, 'client', 'create', 'fuzz', ...scopes);
  const [, id = ''] = /^client_id\s+(\S+)$/m.exec(stdout) ?? [];
  const [, secret = ''] = /^client_secret\s+(\S+)$/m.exec(stdout) ?? [];
  if (!secret) throw new Error(`No client: ${stdout}`);
  return { id, secret };
}

/** The stock at first, the administrator and the client in it; and for each door somebody whose session has to last. */
export async function foundStock(
  founded: Founded,
  client: Omit<ClientCredential, 'token'>,
): Promise<{ stock: Stock; members: Member[] }> {
  const { url } = founded;
  const fields = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
  const { json } = await send('POST', `${url}/oauth/token`, form(fields));
  const body = { username: ADMIN.username, password: ADMIN.password };
  const admin = credentialOf('token-pair', ADMIN, await send('POST', `${url}/token-pair/auth/token`, { body }));
  const stock = new Stock(admin, { ...client, token: (json as { access_token: string }).access_token });
  const members: Member[] = [];
  for (const driver of DRIVERS) {
    for (let count = 0; count < AT_FIRST; count++) {
      const { person, signedIn } = await join(founded, driver);
      stock.harvest(driver.name, person, signedIn);
    }
    const member = await join(founded, driver);
    members.push(member);
    stock.kept.push(credentialOf(driver.name, member.person, member.signedIn));
  }
  return { stock, members };
}

/** Registers somebody new at a door, confirms the address if the door asks for that, and signs in. */
export async function join({ url, links, linkTo }: Founded, driver: Driver): Promise<Member> {
  const ask = ({ method, path, ...sending }: Request): Promise<Answer> =>
    send(method, `${url}/${driver.name}${path}`, sending);
  const person = driver.newPerson();
  const seen = links().length;
  const registered = await ask(driver.registration(person));
  if (driver.activate && registered.status === 200) {
    let link: string | undefined;
    while (!(link = linkTo(person.email, seen))) await setTimeout(5);
    await send('POST', `${url}/verify/${link}`);
  }
  return { driver, person, registered, signedIn: await ask(driver.signIn(person)) };
}

function credentialOf(door: string, person: Person, answer: Answer): Credential {
  const credential = credentialIn(door, person, answer);
  if (!credential) throw new Error(`No session of ${door}: ${answer.status} ${answer.text}`);
  return credential;
}
