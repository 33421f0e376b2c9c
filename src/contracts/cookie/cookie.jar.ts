import type { FastifyReply } from 'fastify';
import { bearerToken } from '../../auth/bearer.js';
import type { Presented } from '../../auth/door.js';
import type { Grant } from '../../auth/grant.js';
import { cookieName, setSessionCookie } from '../../auth/sessions/session-cookie.js';
import type { Config } from '../../config/env.js';
import type { MeDto } from './cookie.dto.js';

/** The token of a request: the cookie's, or only when there is none, one in the header. @throws {AuthError} `token_missing` */
export function readCookie(request: Presented, config: Config): string {
  return request.cookies[cookieName(config)] ?? bearerToken(request);
}

/** Answers with a fresh cookie, and with what its token says; never with the token. */
export async function answerWithCookie(reply: FastifyReply, config: Config, grant: Grant): Promise<MeDto> {
  const { accessToken, accessTokenSeconds, subject } = grant;
  setSessionCookie(reply, config, await accessToken(), accessTokenSeconds());
  return { id: subject.id, username: subject.username ?? '', is_admin: subject.isAdmin };
}
