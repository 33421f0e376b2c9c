import type { Answer } from './http.js';

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

/** The token in the one cookie that an answer sets; it may take others back. */
export function cookieToken(answer: Answer): string {
  const [cookie, ...others] = givenCookies(answer).filter(({ value }) => value !== '');
  if (!cookie || others.length > 0) throw new Error(`Not one cookie but ${others.length + (cookie ? 1 : 0)}.`);
  return cookie.value;
}

/** The header that presents a token as a browser presents its cookie. */
export function withCookie(token: string, name = 'token'): { cookie: string } {
  return { cookie: `${name}=${token}` };
}
