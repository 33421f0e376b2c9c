import { cookieToken, withCookie } from './cookies.js';
import { type Answer, send, type Sending } from './http.js';
import { newPerson, type Person } from './people.js';

/** A password that contract 2 accepts. */
export const STRONG_PASSWORD = 'Secret1234#';

/** Somebody who registered, and is signed in by a cookie. */
export interface SignedIn {
  readonly id: number;
  readonly person: Person;
  /** What the cookie holds. */
  readonly token: string;
}

/** A front end of contract 2. */
export class CookieClient {
  /** @param baseUrl of the mount, without a slash at the end */
  constructor(private readonly baseUrl: string) {}

  send(method: string, path: string, sending?: Sending): Promise<Answer> {
    return send(method, `${this.baseUrl}${path}`, sending);
  }

  register({ username, email, password }: Person): Promise<Answer> {
    return this.send('POST', '/users/register', {
      body: { username, email, password1: password, password2: password },
    });
  }

  login({ username, password }: Person): Promise<Answer> {
    return this.send('POST', '/users/login', { body: { username, password1: password } });
  }

  logout(token: string): Promise<Answer> {
    return this.send('POST', '/users/logout', { headers: withCookie(token) });
  }

  me(token: string): Promise<Answer> {
    return this.send('GET', '/protected/me', { headers: withCookie(token) });
  }

  refresh(token: string): Promise<Answer> {
    return this.send('POST', '/protected/refresh_token', { headers: withCookie(token) });
  }

  /** @param headers beside the cookie */
  setPin(token: string, body: Sending['body'], headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('POST', '/protected/pin', { headers: { ...withCookie(token), ...headers }, body });
  }

  /** Opens a session. */
  async session(person: Person): Promise<string> {
    return cookieToken(await this.login(person));
  }

  /** Registers somebody new and signs them in. */
  async newcomer(): Promise<SignedIn> {
    const person = newPerson(STRONG_PASSWORD);
    const { id } = (await this.register(person)).json as { id: number };
    return { id, person, token: await this.session(person) };
  }
}

/** Where contract 2 answers: below its base path, and at the bare paths. */
export const MOUNTS = ['/cookie', ''];

/** A refusal of contract 2, whole. */
export function refused(status: number, message: string): object {
  return { status, body: { message } };
}

/** Contract 2's refusal of whoever has no valid cookie. */
export const UNAUTHENTICATED = refused(401, 'unauthenticated');

/** Contract 2's refusal of a body that it cannot read. */
export const UNREADABLE = refused(400, "can't unmarshal the payload");
