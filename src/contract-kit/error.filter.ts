import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isStoreFailure } from '../database/failures.js';
import { AuthError } from '../errors/auth-error.js';
import type { Contracts } from './contracts.js';
import { PROBLEM_DETAILS } from './problem-details.js';
import type { RouteTable } from './route-table.js';
import { RequestError, type WireErrorCode, type WireErrorDetails, wordingOf } from './wire-error.js';

/** When a caller that found the store failing should try again, in seconds. */
const STORE_RETRY_SECONDS = 5;

/** What Fastify refuses before a route is asked, by its own codes. */
const FASTIFY_CODES: Readonly<Record<string, WireErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_NOT_FOUND: 'route_unknown',
};

interface Refusal {
  readonly code: WireErrorCode;
  readonly details: WireErrorDetails;
}

/** Turns everything that is thrown into the answer of the contract that the request came through. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly contracts: Contracts,
    private readonly routes: RouteTable,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(exception, http.getRequest(), http.getResponse());
  }

  /** Answers a request that failed, in the shape of its contract or of the native routes. */
  answer(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { code, details } = this.refusalOf(exception, request);
    if (code === 'internal_error' || code === 'store_unavailable') request.log.error({ err: exception, code });
    const errors = this.contracts.ofBasePath(request.url)?.errors ?? PROBLEM_DETAILS;
    const { status, body, headers, reason } = wordingOf(errors, code, details);
    void reply.status(status).header('content-type', 'application/json; charset=utf-8');
    if (details.allow) void reply.header('allow', details.allow);
    if (details.retryAfterSeconds) void reply.header('retry-after', String(details.retryAfterSeconds));
    if (headers) void reply.headers(headers);
    if (reason) reply.raw.statusMessage = reason;
    void reply.send(JSON.stringify(body));
  }

  private refusalOf(exception: unknown, request: FastifyRequest): Refusal {
    if (exception instanceof AuthError || exception instanceof RequestError) return exception;
    if (isStoreFailure(exception))
      return { code: 'store_unavailable', details: { retryAfterSeconds: STORE_RETRY_SECONDS } };
    if (isNotFound(exception)) return this.unrouted(request);
    const { code = '', statusCode = 500 } = exception as { code?: string; statusCode?: number };
    const known =
      FASTIFY_CODES[code] ?? (statusCode >= 400 && statusCode < 500 ? 'request_malformed' : 'internal_error');
    return { code: known, details: { mediaType: request.headers['content-type'] } };
  }

  /** Nobody took the request: its path is unknown, or known with other methods. */
  private unrouted(request: FastifyRequest): Refusal {
    const allow = this.routes.allowedAt(request.url.split('?', 1)[0] ?? '');
    return { code: allow ? 'method_not_allowed' : 'route_unknown', details: { allow, method: request.method } };
  }
}

function isNotFound(exception: unknown): boolean {
  return exception instanceof HttpException && exception.getStatus() === 404;
}
