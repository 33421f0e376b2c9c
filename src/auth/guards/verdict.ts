import type { FastifyRequest } from 'fastify';
import { AuthError } from '../../errors/auth-error.js';
import { RequestClient } from '../request-client.js';
import type { Client, Principal } from '../door.js';

/**
 * What Passport concluded: whom the request speaks for, or else the refusal. Libraries' own errors mean forgery.
 * @param expected which kind of token the guard asks for, for contracts that word the refusal by that
 */
export function verdict<T>(error: unknown, principal: T | false | null, info: unknown, expected?: 'access token'): T {
  if (principal) return principal;
  const refusal = error ?? (info instanceof AuthError ? info : new AuthError('token_forged', { cause: info }));
  throw refusal instanceof AuthError && expected
    ? new AuthError(refusal.code, { ...refusal.details, expected, cause: refusal })
    : refusal;
}

/** A request whose guard noted whom it speaks for. */
export type AuthenticatedRequest = FastifyRequest & { user?: Principal };

/** A principal with where its request comes from. */
export function atClient<T extends object>(principal: T, request: FastifyRequest): T & { readonly client: Client } {
  return Object.assign(principal, { client: new RequestClient(request) });
}
