import type { FastifyReply } from 'fastify';
import { bearerToken } from '../../auth/bearer.js';
import type { Presented, PresentedTokens } from '../../auth/door.js';
import type { Grant } from '../../auth/grant.js';
import { sessionCookies, setSessionCookie } from '../../auth/sessions/session-cookie.js';
import type { Config } from '../../config/env.js';
import type { SignedInDto } from './cookie.dto.js';

/** The tokens in the cookies of a request; only when there is none, the one in the header. @throws {AuthError} `token_missing` */
export function readCookie(request: Presented, config: Config): PresentedTokens {
  const tokens = sessionCookies(request.headers, config);
  return tokens.length === 0 ? bearerToken(request) : tokens;
}

/** Answers with a fresh cookie, and with what its token says; with the token only if the operator wants that. */
export async function answerWithCookie(reply: FastifyReply, config: Config, grant: Grant): Promise<SignedInDto> {
  const { accessToken, accessTokenSeconds, subject } = grant;
  const token = await accessToken();
  setSessionCookie(reply, config, token, accessTokenSeconds());
  const me = { id: subject.id, username: subject.username ?? '', is_admin: subject.isAdmin };
  return config.COOKIE_TOKEN_IN_BODY ? { ...me, token } : me;
}
