import type { FastifyReply } from 'fastify';
import { bearerToken } from '../../auth/bearer.js';
import type { Presented } from '../../auth/door.js';
import type { Grant } from '../../auth/grant.js';
import { cookieName, setSessionCookie } from '../../auth/sessions/session-cookie.js';
import type { Config } from '../../config/env.js';
import type { SignedInDto } from './cookie.dto.js';

/** The token of a request: the cookie's, or only when there is none, one in the header. @throws {AuthError} `token_missing` */
export function readCookie(request: Presented, config: Config): string {
  return request.cookies[cookieName(config)] ?? bearerToken(request);
}

/** Answers with a fresh cookie, and with what its token says; with the token only if the operator wants that. */
export async function answerWithCookie(reply: FastifyReply, config: Config, grant: Grant): Promise<SignedInDto> {
  const { accessToken, accessTokenSeconds, subject } = grant;
  const token = await accessToken();
  setSessionCookie(reply, config, token, accessTokenSeconds());
  const me = { id: subject.id, username: subject.username ?? '', is_admin: subject.isAdmin };
  return config.COOKIE_TOKEN_IN_BODY ? { ...me, token } : me;
}
