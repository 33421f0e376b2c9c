import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerToken } from '../../auth/bearer.js';
import type { Grant } from '../../auth/grant.js';
import type { Config } from '../../config/env.js';
import type { MeDto } from './cookie.dto.js';

/** Whether the cookie is for https only. It follows the configuration, never the single request. */
function isSecure({ COOKIE_SECURE, PUBLIC_URL }: Config): boolean {
  return COOKIE_SECURE === 'auto' ? PUBLIC_URL.startsWith('https:') : COOKIE_SECURE === 'true';
}

/** The cookie's name; the prefix makes browsers demand Secure, Path=/ and no Domain (RFC 6265bis §4.1.3.2). */
export function cookieName(config: Config): string {
  return isSecure(config) ? `__Host-${config.COOKIE_NAME}` : config.COOKIE_NAME;
}

function optionsOf(config: Config): CookieSerializeOptions {
  return { httpOnly: true, path: '/', sameSite: config.COOKIE_SAMESITE, secure: isSecure(config) };
}

/** The token of a request: the cookie's, or only when there is none, one in the header. @throws {AuthError} `token_missing` */
export function readCookie(request: FastifyRequest, config: Config): string {
  return request.cookies[cookieName(config)] ?? bearerToken(request);
}

/** Answers with a fresh cookie, and with what its token says; never with the token. */
export function answerWithCookie(reply: FastifyReply, config: Config, grant: Grant): MeDto {
  const { accessToken, accessTokenSeconds, subject } = grant;
  reply.setCookie(cookieName(config), accessToken(), { ...optionsOf(config), maxAge: accessTokenSeconds() });
  return { id: subject.id, username: subject.username ?? '', is_admin: subject.isAdmin };
}

/** Takes the cookie back; a script cannot, since it is HTTP-only. */
export function clearCookie(reply: FastifyReply, config: Config): void {
  reply.clearCookie(cookieName(config), optionsOf(config));
}
