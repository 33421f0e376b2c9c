import { ask } from '../client.js';

const PASSWORD = 'Secret1234';

/** Something that front ends and services ask for. */
export interface Act {
  readonly name: string;
  /** How often it is done to be measured: what hashes a password takes long enough as it is. */
  readonly times: number;
  /** Does it once. @param index which time it is */
  readonly once: (index: number) => Promise<unknown>;
}

interface Person {
  readonly name: string;
  readonly access: string;
  readonly opaque: string;
  refresh: string;
  /** Fulfilled when the last refresh is over: a token is exchanged once. */
  refreshed: Promise<void>;
}

let count = 0;

async function newcomer(url: string): Promise<Person> {
  const name = `bench${process.pid}x${++count}`;
  const credentials = { username: name, password: PASSWORD };
  const contract = { 'auth-contract': 'token-pair' };
  type Pair = { access: string; refresh: string };
  const { access, refresh } = await ask<Pair>('POST', `${url}/token-pair/auth/register`, contract, credentials);
  const { token } = await ask<{ token: string }>('POST', `${url}/opaque-token/login`, {}, credentials);
  return { name, access, refresh, opaque: token, refreshed: Promise.resolve() };
}

/** The acts of a service that runs, for people who are registered for it. @param client id and secret of a service client */
export async function actsOf(url: string, client: string): Promise<Act[]> {
  const people = await Promise.all(Array.from({ length: 16 }, () => newcomer(url)));
  const person = (index: number): Person => people[index % people.length] as Person;
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const basic = { authorization: `Basic ${Buffer.from(client).toString('base64')}` };
  // A session of its own for each revocation, opened before it is measured.
  const doomed: string[] = [];
  for (let index = 0; index < 60; index++) doomed.push((await signIn(person(index))).access);

  async function signIn({ name }: Person): Promise<{ access: string }> {
    return ask('POST', `${url}/token-pair/auth/token`, {}, { username: name, password: PASSWORD });
  }

  async function refresh(who: Person): Promise<void> {
    await who.refreshed;
    const mine = who.refresh;
    const next = await ask<{ refresh: string }>('POST', `${url}/token-pair/auth/token/refresh`, {}, { refresh: mine });
    who.refresh = next.refresh;
  }

  return [
    {
      name: 'protected request (JWT)',
      times: 20_000,
      once: (index) => ask('GET', `${url}/token-pair/auth/getuser`, bearer(person(index).access)),
    },
    {
      name: 'list of own sessions (opaque token)',
      times: 6000,
      once: (index) => ask('GET', `${url}/account/sessions`, bearer(person(index).opaque)),
    },
    {
      name: 'introspection of an access token',
      times: 6000,
      once: (index) => ask('POST', `${url}/oauth/introspect`, basic, `token=${person(index).access}`),
    },
    { name: 'refresh with rotation', times: 4000, once: (index) => (person(index).refreshed = refresh(person(index))) },
    { name: 'sign-in, cost 10', times: 60, once: (index) => signIn(person(index)) },
    { name: 'registration, cost 10', times: 60, once: () => newcomerOnly(url) },
    {
      name: 'end of a session',
      times: doomed.length,
      once: (index) => ask('DELETE', `${url}/account/sessions/current`, bearer(doomed[index] as string)),
    },
  ];
}

async function newcomerOnly(url: string): Promise<void> {
  const body = { username: `bench${process.pid}y${++count}`, password: PASSWORD };
  await ask('POST', `${url}/opaque-token/register`, {}, body);
}
