import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import cookie from '@fastify/cookie';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config/env.js';
import { RawBody } from '../contract-kit/body.js';
import type { Contracts } from '../contract-kit/contracts.js';
import type { ErrorFilter } from '../contract-kit/error.filter.js';
import { compressionOf, mediaTypeOf, setMediaTypeAside } from '../contract-kit/media-types.js';
import type { RouteTable } from '../contract-kit/route-table.js';
import type { ShortCuts } from '../contract-kit/short-cuts.js';
import { RequestError } from '../contract-kit/wire-error.js';
import { RequestLogger } from '../logging/request-logger.js';
import {
  isSharedRegistration,
  namesUnknownContract,
  peekAtSharedRegistrations,
  rewriteBarePath,
} from './bare-paths.js';
import { answerClientErrors, answerConnect } from './client-errors.js';
import { Connections } from './closing.js';
import { ANY_ORIGIN, corsHeaders, preflightHeaders } from './cors.js';
import { withoutIssuerPath } from './issuer-path.js';
import { forwardedByAddresses, trustedProxies, untrustedForwardingWarning } from './forwarded-for.js';
import { RequestLog, type RequestLine } from './request-log.js';
import { inOneSpelling, namesOneHost } from './request-target.js';
import { securityHeaders } from './security-headers.js';
import { type Manners, takeShortCuts } from './short-cut.js';

/** The largest body, in bytes. */
const BODY_LIMIT = 100_000;

/** How long a client may take to send its headers, and its whole request, and how often that is looked at. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 72_000,
};

/** The longest path parameter, in characters: Node's limit for a whole head, so that no token is too long to be unknown. */
const LONGEST_PARAMETER = 16_384;

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** What the server is made of. */
export interface ServerParts {
  readonly config: Config;
  readonly contracts: Contracts;
  readonly routes: RouteTable;
  readonly errors: ErrorFilter;
  readonly shortCuts: ShortCuts;
  readonly logger: Logger;
  /** Hears of every request once it is over. */
  readonly observe: (line: RequestLine) => void;
}

/** What every request begins with, however far it comes. True if that answers it. */
type Beginning = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** The HTTP server, before Nest adds its routes. */
export function createServer(parts: ServerParts): FastifyAdapter {
  const headersFor = securityHeaders(parts.config.PUBLIC_URL);
  const corsFor = corsHeaders(parts.contracts, parts.config);
  const log = new RequestLog(parts.contracts, parts.observe);
  const manners: Manners = { ...parts, headersFor, corsFor, log, idOf: requestId };
  const warnOfUntrustedForwarding = untrustedForwardingWarning();
  const begin: Beginning = (request, reply) => {
    const { url, headers } = request;
    void reply.headers(headersFor(url)).headers(corsFor(url, headers.origin)).header('x-request-id', request.id);
    log.follow(request, reply);
    warnOfUntrustedForwarding(request);
    if (request.method !== 'OPTIONS') return false;
    answerOptions(request, reply);
    return true;
  };
  // A preflight, and like one an OPTIONS that is none, whatever it asks for: also `*`, which is no route's path.
  const answerOptions = ({ url, headers }: FastifyRequest, reply: FastifyReply): void => {
    const asked = headers['access-control-request-headers'];
    void reply
      .code(204)
      .headers(preflightHeaders(corsFor(url, headers.origin), asked))
      .send();
  };
  // What never became a request has no path, and so no contract whose answers are for some origins only.
  const clientErrorHandler = answerClientErrors(parts.logger, { ...headersFor('/'), ...ANY_ORIGIN });
  const adapter = new FastifyAdapter({ ...optionsOf(parts, begin, manners), clientErrorHandler });
  adapter.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    if (!begin(request, reply)) done();
  });
  const server = adapter.getInstance<FastifyInstance>();
  acceptRawBodies(server);
  // It sets cookies; those of a request are read where a token is looked for.
  void server.register(cookie, { hook: false });
  answerConnect(server.server, clientErrorHandler);
  addHooks(server, parts.routes);
  server.options('*', answerOptions);
  return adapter;
}

function optionsOf(
  { config, contracts, routes, errors, logger }: ServerParts,
  begin: Beginning,
  manners: Manners,
): FastifyHttpOptions<Server> & { readonly skipMiddie: true } {
  const rewrite = rewriteBarePath(contracts, routes, config);
  const atIssuer = withoutIssuerPath(config.PUBLIC_URL);
  return {
    // Its own lines, but for warnings, say where it listens; serve.ts says more.
    loggerInstance: logger.child({}, { level: logger.isLevelEnabled('warn') ? 'warn' : logger.level }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'id' }),
    childLoggerFactory: (_logger, bindings) => new RequestLogger(logger, bindings),
    skipMiddie: true,
    bodyLimit: BODY_LIMIT,
    trustProxy: trustedProxies(config),
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    // Without a factory, Fastify listens to `localhost` with a second server that has no client error handler.
    serverFactory: (route) => {
      const spelled = forwardedByAddresses(inOneSpelling(peekAtSharedRegistrations(route, config)));
      const listener = config.OTEL_EXPORTER_OTLP_ENDPOINT === '' ? takeShortCuts(manners, spelled) : spelled;
      // Node would answer both itself, in nobody's shape: no Host, and what is expected beside 100-continue, which may be
      // overlooked (RFC 9110 §10.1.1).
      return createHttpServer({ ...TIMEOUTS, requireHostHeader: false }, listener).on('checkExpectation', listener);
    },
    requestIdHeader: false,
    genReqId: requestId,
    return503OnClosing: false,
    rewriteUrl: (request: IncomingMessage) => {
      setMediaTypeAside(request);
      // First: the path of the issuer may begin as a bare path does.
      return atIssuer(request.url ?? '/') ?? rewrite(request);
    },
    // A path that cannot be decoded never reaches a hook or a filter.
    frameworkErrors: (error, request, reply) => {
      if (!begin(request, reply)) errors.answer(error, request, reply);
    },
  };
}

/** Hands every body on as it came: its contract parses it, after whatever that contract checks first. */
function acceptRawBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, ({ raw }, bytes, done) => {
    const body = new RawBody(bytes as Buffer, mediaTypeOf(raw), compressionOf(raw));
    done(null, bytes.length === 0 ? undefined : body);
  });
}

function addHooks(server: FastifyInstance, routes: RouteTable): void {
  server.addHook('onRoute', ({ url, method }) => {
    if (method !== 'OPTIONS') routes.add(url, method);
  });
  // Node remembers an address that was asked for once, also when the connection is gone: the audit trail needs it then.
  server.server.on('connection', (socket) => void socket.remoteAddress);
  Connections.of(server.server);
  server.addHook('onSend', (request, _reply, payload, done) => {
    request.endTurn?.();
    done(null, payload);
  });
  server.addHook('onRequest', (request, _reply, done) => {
    const refused =
      isSharedRegistration({ method: request.method, url: request.originalUrl }) && namesUnknownContract(request.raw);
    if (!namesOneHost(request.raw)) done(new RequestError('request_malformed'));
    else done(refused ? new RequestError('auth_contract_unknown') : undefined);
  });
}

/** The caller's request id if it is harmless, else a new one. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
