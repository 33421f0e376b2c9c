import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isStoreFailure } from '../database/failures.js';
import { AuthError } from '../errors/auth-error.js';
import { NativeError } from '../errors/native-error.js';
import { mediaTypeOf } from './media-types.js';
import { noteRefusal } from './noted-refusal.js';
import { HTML } from './page.js';
import { isOfPage } from './page-request.js';
import { rateLimitFields } from './rate-limit-fields.js';
import { refusalPage } from './refusal-page.js';
import type { RouteTable } from './route-table.js';
import {
  type NativeWireErrorCode,
  RequestError,
  type WireErrorCode,
  type WireErrorDetails,
  wordingOf,
  type Words,
} from './wire-error.js';

/** When a caller that found the store failing should try again, in seconds. */
const STORE_RETRY_SECONDS = 5;

/** Errors of the store that are logged in a minute. */
const STORE_LINES_A_MINUTE = 100;

/** What Fastify and Nest refuse before a route is asked, by status; any other 4xx of theirs is a malformed request. */
const CODES: Readonly<Record<number, WireErrorCode>> = {
  413: 'body_too_large',
  415: 'media_type_unsupported',
};

interface Refusal {
  readonly code: NativeWireErrorCode;
  readonly details: WireErrorDetails;
}

/** Turns everything that is thrown into an answer in the words of the part of the API that was asked. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private told = { minute: 0, lines: 0 };

  constructor(
    /** Whose words a path is answered in. */
    private readonly wordsAt: (path: string) => Words,
    private readonly routes: RouteTable,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(exception, http.getRequest(), http.getResponse());
  }

  /** Answers a request that failed. */
  answer(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { code, details } = this.refusalOf(exception, request);
    noteRefusal(request, code);
    if (code === 'internal_error' || (code === 'store_unavailable' && this.isWorthALine()))
      request.log.error({ err: exception, code });
    const { status, body, headers, reason } = wordingOf(this.wordsAt(request.url), code, details);
    void reply.status(status).header('content-type', 'application/json; charset=utf-8');
    if (details.allow) void reply.header('allow', details.allow);
    if (details.acceptEncoding) void reply.header('accept-encoding', details.acceptEncoding);
    if (details.retryAfterSeconds) void reply.header('retry-after', String(details.retryAfterSeconds));
    if (details.limit) void reply.headers(rateLimitFields(details.limit, details.retryAfterSeconds));
    if (headers) void reply.headers(headers);
    if (reason) reply.raw.statusMessage = reason;
    if (!isOfPage(request)) return void reply.send(JSON.stringify(body));
    const { title } = body as { readonly title: string };
    void reply.header('content-type', HTML).send(refusalPage(title, details.retryAfterSeconds));
  }

  /** Whoever keeps the store busy would fill the disk with stacks. Every request has a line without one. */
  private isWorthALine(): boolean {
    const minute = Math.floor(performance.now() / 60_000);
    if (minute !== this.told.minute) this.told = { minute, lines: 0 };
    return this.told.lines++ < STORE_LINES_A_MINUTE;
  }

  private refusalOf(exception: unknown, request: FastifyRequest): Refusal {
    if (exception instanceof AuthError || exception instanceof RequestError || exception instanceof NativeError)
      return exception;
    if (isAborted(request)) return { code: 'request_malformed', details: {} };
    if (isStoreFailure(exception))
      return { code: 'store_unavailable', details: { retryAfterSeconds: STORE_RETRY_SECONDS } };
    const status = statusOf(exception);
    if (status === 404) return this.unrouted(request);
    if (status < 400 || status >= 500) return { code: 'internal_error', details: {} };
    return { code: CODES[status] ?? 'request_malformed', details: { mediaType: mediaTypeOf(request.raw) } };
  }

  /** Nobody took the request: its path is unknown, or known with other methods. */
  private unrouted(request: FastifyRequest): Refusal {
    const allow = this.routes.allowedAt(request.url.split('?', 1)[0] ?? '');
    return { code: allow ? 'method_not_allowed' : 'route_unknown', details: { allow, method: request.method } };
  }
}

/** The status that Nest or Fastify would answer with; theirs are the only errors here that have one. */
function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  return (exception as { statusCode?: number } | undefined)?.statusCode ?? 500;
}

/** Whether the client went away while it sent; what fails then is the client's connection, whatever code it has. */
function isAborted({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}
