import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cookie from '@fastify/cookie';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Config } from '../config/env.js';
import { RawBody } from '../contract-kit/body.js';
import type { Contracts } from '../contract-kit/contracts.js';
import type { ErrorFilter } from '../contract-kit/error.filter.js';
import { mediaTypeOf, setMediaTypeAside } from '../contract-kit/media-types.js';
import type { RouteTable } from '../contract-kit/route-table.js';
import { RequestError } from '../contract-kit/wire-error.js';
import {
  isSharedRegistration,
  namesUnknownContract,
  peekAtSharedRegistrations,
  rewriteBarePath,
} from './bare-paths.js';
import { logRequests } from './request-log.js';
import { securityHeaders } from './security-headers.js';

/** The largest body, in bytes. */
const BODY_LIMIT = 100_000;

/** How long a client may take to send its headers, and its whole request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** What the server is made of. */
export interface ServerParts {
  readonly config: Config;
  readonly contracts: Contracts;
  readonly routes: RouteTable;
  readonly errors: ErrorFilter;
  readonly logger: FastifyBaseLogger;
}

/** The HTTP server, before Nest adds its routes. */
export function createServer(parts: ServerParts): FastifyAdapter {
  const { config, contracts, errors, logger } = parts;
  const rewrite = rewriteBarePath(contracts, config);
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'id' }),
    skipMiddie: true,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    requestIdHeader: false,
    genReqId: requestId,
    return503OnClosing: false,
    rewriteUrl: (request: IncomingMessage) => {
      setMediaTypeAside(request);
      return rewrite(request);
    },
    // A path that cannot be decoded or has an over-long parameter never reaches a hook or a filter.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      errors.answer(error, request, reply),
  });
  const server = adapter.getInstance<FastifyInstance>();
  acceptRawBodies(server);
  void server.register(cookie);
  addHooks(server, parts);
  peekAtSharedRegistrations(server.server, config);
  return adapter;
}

/** Hands every body on as it came: its contract parses it, after whatever that contract checks first. */
function acceptRawBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    done(null, bytes.length === 0 ? undefined : new RawBody(bytes as Buffer, mediaTypeOf(request.raw)));
  });
}

function addHooks(server: FastifyInstance, { config, contracts, routes }: ServerParts): void {
  const headersFor = securityHeaders(config.PUBLIC_URL);
  server.addHook('onRoute', ({ url, method }) => {
    if (method !== 'OPTIONS') routes.add(url, method);
  });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headersFor(request.url)).header('x-request-id', request.id);
    const refused =
      isSharedRegistration({ method: request.method, url: request.originalUrl }) && namesUnknownContract(request.raw);
    done(refused ? new RequestError('auth_contract_unknown') : undefined);
  });
  logRequests(server, contracts);
}

/** The caller's request id if it is harmless, else a new one. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
