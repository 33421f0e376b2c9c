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

/** What a header has that is more than one bare value. */
const PARTS = /[;"\s]/;

/** The form of a JWT. A cookie of the name without it is another program's, or what is left of one. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The values of the session cookies that a request presents, in their order; one that is no token only if there is no other. */
export function sessionCookies({ cookie = '' }: IncomingHttpHeaders, config: Config): string[] {
  const start = `${cookieName(config)}=`;
  // Nearly every request has one cookie, and nothing else to split.
  if (cookie.startsWith(start) && !PARTS.test(cookie)) return [cookie.slice(start.length)];
  const values = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
    .map((pair) => pair.slice(start.length).replace(QUOTED, '$1'));
  const tokens = values.filter((value) => JWT.test(value));
  return tokens.length > 0 ? tokens.slice(0, MOST_COOKIES) : values.slice(0, 1);
}

/** Sets the session cookie. */
export function setSessionCookie(reply: FastifyReply, config: Config, token: string, maxAgeSeconds: number): void {
  clearUnpartitioned(reply, config);
  reply.setCookie(cookieName(config), token, { ...optionsOf(config), maxAge: maxAgeSeconds });
}

/** Takes the session cookie back; a script cannot, since it is HTTP-only. */
export function clearSessionCookie(reply: FastifyReply, config: Config): void {
  clearUnpartitioned(reply, config);
  reply.clearCookie(cookieName(config), optionsOf(config));
}

/**
 * Takes back what was set before `COOKIE_PARTITIONED` was: a browser that has both would go on sending the older first. It goes
 * before the new one, for browsers to which the two are one.
 */
function clearUnpartitioned(reply: FastifyReply, config: Config): void {
  if (!config.COOKIE_PARTITIONED) return;
  const before = { ...optionsOf(config), partitioned: false, expires: new Date(0) };
  void reply.header('set-cookie', reply.server.serializeCookie(cookieName(config), '', before));
}

function optionsOf(config: Config): CookieSerializeOptions & { readonly secure: boolean } {
  return {
    httpOnly: true,
    path: '/',
    sameSite: config.COOKIE_SAMESITE,
    secure: isSecure(config),
    partitioned: config.COOKIE_PARTITIONED,
  };
}
