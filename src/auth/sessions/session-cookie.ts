import type { IncomingHttpHeaders } from 'node:http';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply } from 'fastify';
import type { Config } from '../../config/env.js';

/** How many cookies of the name are looked at. A parent domain, another path and another partition may each have set one. */
const MOST_COOKIES = 5;

/** A cookie-value in the quotes that its grammar allows (RFC 6265 §4.1.1). */
const QUOTED = /^"(.*)"$/;

/** Whether the cookie is for https only. It follows the configuration, never the single request. */
function isSecure({ COOKIE_SECURE, PUBLIC_URL }: Config): boolean {
  return COOKIE_SECURE === 'auto' ? PUBLIC_URL.startsWith('https:') : COOKIE_SECURE === 'true';
}

/** The name of the session cookie; the prefix makes browsers demand Secure, Path=/ and no Domain (RFC 6265bis §4.1.3.2). */
export function cookieName(config: Config): string {
  return isSecure(config) ? `__Host-${config.COOKIE_NAME}` : config.COOKIE_NAME;
}

/** The values of the session cookies that a request presents, in their order. */
export function sessionCookies({ cookie = '' }: IncomingHttpHeaders, config: Config): string[] {
  const start = `${cookieName(config)}=`;
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
    .slice(0, MOST_COOKIES)
    .map((pair) => pair.slice(start.length).replace(QUOTED, '$1'));
}

/** Sets the session cookie. */
export function setSessionCookie(reply: FastifyReply, config: Config, token: string, maxAgeSeconds: number): void {
  reply.setCookie(cookieName(config), token, { ...optionsOf(config), maxAge: maxAgeSeconds });
}

/** Takes the session cookie back; a script cannot, since it is HTTP-only. */
export function clearSessionCookie(reply: FastifyReply, config: Config): void {
  reply.clearCookie(cookieName(config), optionsOf(config));
}

function optionsOf(config: Config): CookieSerializeOptions {
  return {
    httpOnly: true,
    path: '/',
    sameSite: config.COOKIE_SAMESITE,
    secure: isSecure(config),
    partitioned: config.COOKIE_PARTITIONED,
  };
}
