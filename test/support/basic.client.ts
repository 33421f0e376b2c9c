import { expect } from 'vitest';
import { type Answer, send, type Sending } from './http.js';
import { newPerson, type Person } from './people.js';

/** Where contract 4 answers. */
export const MOUNTS = [
  { mount: 'its own base path', base: '/basic' },
  { mount: 'the bare path', base: '' },
];

/** What a sign-in gives. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Who signs in: by e-mail address, never by username. */
export type Credentials = Pick<Person, 'email' | 'password'>;

/** A front end of contract 4. */
export class BasicClient {
  /** @param baseUrl of the mount, without a slash at the end */
  constructor(private readonly baseUrl: string) {}

  send(method: string, path: string, sending?: Sending): Promise<Answer> {
    return send(method, `${this.baseUrl}${path}`, sending);
  }

  register({ email, password }: Credentials): Promise<Answer> {
    return this.registerBy({ body: { email, password } });
  }

  registerBy(sending: Sending): Promise<Answer> {
    return this.send('POST', '/api/v1.0/register', sending);
  }

  login({ email, password }: Credentials): Promise<Answer> {
    return this.loginBy(basic(email, password));
  }

  /** @param authorization the header as it goes out, if at all */
  loginBy(authorization?: string): Promise<Answer> {
    return this.send('POST', '/api/v1.0/login', { headers: authorization === undefined ? {} : { authorization } });
  }

  refresh(token: string): Promise<Answer> {
    return this.refreshBy(`Bearer ${token}`);
  }

  /** @param authorization the header as it goes out, if at all */
  refreshBy(authorization?: string): Promise<Answer> {
    return this.send('POST', '/api/v1.0/refresh', { headers: authorization === undefined ? {} : { authorization } });
  }

  /** Registers somebody new, who has not verified the address yet. */
  async newcomer(): Promise<{ person: Person; tokens: Tokens }> {
    const person = newPerson();
    return { person, tokens: tokensOf(await this.register(person)) };
  }
}

/** The header of HTTP Basic, in the character set that the client writes. */
export function basic(email: string, password: string, charset: 'utf8' | 'latin1' = 'utf8'): string {
  return `Basic ${Buffer.from(`${email}:${password}`, charset).toString('base64')}`;
}

/** The tokens of an answer that must hold them. */
export function tokensOf({ status, json }: Answer): Tokens {
  const { access_token, refresh_token } = (json ?? {}) as Partial<Tokens>;
  if (!access_token || !refresh_token) throw new Error(`No tokens: ${status} ${JSON.stringify(json)}`);
  return { access_token, refresh_token };
}

/** An answer whole, with the challenge that no answer of contract 4 may carry: browsers would ask for a password. */
export function outcome({ status, json, headers }: Answer): object {
  return { status, body: json, challenge: headers['www-authenticate'] };
}

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string;

/** A success with both tokens, as `outcome` shows it. */
export function signedIn(message: string): object {
  return { status: 200, body: { message, access_token: JWT, refresh_token: JWT, statusCode: 200 } };
}

/** A refresh, as `outcome` shows it. */
export function refreshed(email: string): object {
  return { status: 200, body: { message: 'Success', access_token: JWT, email, statusCode: 200 } };
}

/** A refusal, as `outcome` shows it. */
export function refused(statusCode: number, error: string): object {
  return { status: statusCode, body: { error, statusCode } };
}

/** A refusal of a bearer token, which says it in `msg` too. */
export function refusedToken(statusCode: number, error: string): object {
  return { status: statusCode, body: { error, statusCode, msg: error } };
}

/** The refusal of whoever cannot be signed in. */
export const LOGIN_FAILED = refused(403, 'Login failed (incorrect email or password)');

/** The refusal of whoever has not verified the address yet. */
export const UNVERIFIED = refused(403, 'Unverified email address');
