import { type Answer, send, type Sending } from './http.js';
import { newPerson, type Person } from './people.js';

/** Where contract 3 answers: below its base path, and at the bare paths. */
export const MOUNTS = ['/opaque-token', ''];

/** Somebody who registered, with a token. */
export interface TokenHolder {
  readonly person: Person;
  readonly token: string;
}

/** A front end of contract 3, at one of its mounts. */
export class OpaqueTokenClient {
  /** @param baseUrl of the mount, without a slash at the end */
  constructor(private readonly baseUrl: string) {}

  send(method: string, path: string, sending?: Sending): Promise<Answer> {
    return send(method, `${this.baseUrl}${path}`, sending);
  }

  register({ username, password }: Person): Promise<Answer> {
    return this.send('POST', '/register', { body: { username, password } });
  }

  login({ username, password }: Person): Promise<Answer> {
    return this.send('POST', '/login', { body: { username, password } });
  }

  changePassword(token: string, oldPassword: string, newPassword: string): Promise<Answer> {
    return this.send('POST', '/change-password', {
      headers: { authorization: `Bearer ${token}` },
      body: { old_password: oldPassword, new_password: newPassword },
    });
  }

  clearTokens(token: string): Promise<Answer> {
    return this.send('POST', '/clear-tokens', { headers: { authorization: `Bearer ${token}` } });
  }

  /** Opens a session. */
  async session(person: Person): Promise<string> {
    return ((await this.login(person)).json as { token: string }).token;
  }

  /** Registers somebody new and signs them in. */
  async newcomer(): Promise<TokenHolder> {
    const person = newPerson();
    await this.register(person);
    return { person, token: await this.session(person) };
  }

  /** Uses a token for the one thing that changes nothing: a change of password with a wrong old one. */
  use(token: string): Promise<Answer> {
    return this.changePassword(token, 'NotMyPassword1', 'NotMyPassword2');
  }
}

/** What contract 3 tells: status, reason phrase and body, which is text when it is no JSON. */
export function told({ status, reason, json, text }: Answer): object {
  return { status, reason, body: json ?? text };
}

/** Contract 3's success without a documented body. */
export const DONE = { status: 200, reason: 'OK', body: '' };

/** A refusal of contract 3: the same text in the status line and in the body. */
export function refused(status: number, reason: string): object {
  return { status, reason, body: { reason } };
}

/** Contract 3's refusals of tokens. */
export const UNAUTHORIZED = refused(401, 'Unauthorized');
export const BAD_FORMAT = refused(400, 'Invalid bearer token format');

/** Contract 3's answer to a token that counts, from `use`. */
export const USABLE = refused(400, 'Incorrect old password');

/** Contract 3's refusals of bodies. */
export const INVALID_JSON = refused(400, 'Invalid JSON payload');
export const USERNAME_LENGTH = refused(400, 'Username must be between 4 and 64 in length');
export const PASSWORD_LENGTH = refused(400, 'Password must be between 8 and 64 in length');
export const CHARACTERS = refused(400, 'A field contains dis-allowed characters. Alphanumeric only');
