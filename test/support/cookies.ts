import { type Answer, send } from './http.js';
import type { Person } from './people.js';

/** A cookie as an answer sets it. */
export interface GivenCookie {
  readonly name: string;
  readonly value: string;
  /** Everything behind the value, sorted. */
  readonly attributes: readonly string[];
}

/** The cookies that an answer sets. */
export function givenCookies({ headers }: Answer): GivenCookie[] {
  return (headers['set-cookie'] ?? []).map((line) => {
    const [pair = '', ...attributes] = line.split('; ');
    const equals = pair.indexOf('=');
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1), attributes: attributes.sort() };
  });
}

/** The token in the one cookie that an answer sets. */
export function cookieToken(answer: Answer): string {
  const [cookie, ...others] = givenCookies(answer);
  if (!cookie || others.length > 0) throw new Error(`Not one cookie but ${others.length + (cookie ? 1 : 0)}.`);
  return cookie.value;
}

/** The header that presents a token as a browser presents its cookie. */
export function withCookie(token: string, name = 'token'): { cookie: string } {
  return { cookie: `${name}=${token}` };
}

/** Registers a person through the cookie contract below a base path. */
export function registerByCookie(base: string, { username, email, password }: Person): Promise<Answer> {
  return send('POST', `${base}/users/register`, {
    body: { username, email, password1: password, password2: password },
  });
}

/** Signs a person in through the cookie contract below a base path, and answers the token. */
export async function signInByCookie(base: string, { username, password }: Person): Promise<string> {
  return cookieToken(await send('POST', `${base}/users/login`, { body: { username, password1: password } }));
}
