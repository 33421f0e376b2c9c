import { type Answer, send, type Sending } from './http.js';
import { decode } from './jwt.js';
import { newPerson, type Person } from './people.js';

/** Where contract 0 answers. */
export const MOUNTS = [
  { mount: 'its own base path', base: '/bare-token' },
  { mount: 'the bare path', base: '' },
];

/** A front end of contract 0. */
export class BareTokenClient {
  /** @param baseUrl of the mount, without a slash at the end */
  constructor(private readonly baseUrl: string) {}

  send(method: string, path: string, sending?: Sending): Promise<Answer> {
    return send(method, `${this.baseUrl}${path}`, sending);
  }

  register(body: Sending['body']): Promise<Answer> {
    return this.send('POST', '/auth/register', { body });
  }

  login(body: Sending['body']): Promise<Answer> {
    return this.send('POST', '/auth/login', { body });
  }

  refresh(authorization: string): Promise<Answer> {
    return this.send('GET', '/auth/refresh', { headers: { authorization } });
  }

  /** Registers somebody new. */
  async newcomer(): Promise<{ person: Person; authToken: string }> {
    const person = newPerson();
    return { person, authToken: authTokenOf(await this.register(credentials(person))) };
  }
}

/** The body of register and login. */
export function credentials({ username, password }: Person): { username: string; password: string } {
  return { username, password };
}

/** The token of an answer. */
export function authTokenOf({ json }: Answer): string {
  return (json as { authToken: string }).authToken;
}

/** The account that a token speaks for. */
export function accountIdOf(token: string): number {
  return Number(decode(token).claims.sub);
}

/** A refusal of contract 0, whole. */
export function refused(status: number, err: string): object {
  return { status, body: { err } };
}
