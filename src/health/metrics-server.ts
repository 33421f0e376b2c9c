import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config, ConfigError } from '../config/env.js';
import { Metrics } from '../metrics/metrics.js';

const PLAIN = 'text/plain; charset=utf-8';
const ALLOWED = ['GET', 'HEAD'];

/** In milliseconds. Idle connections outlast scrape intervals: one that closes during a request breaks the scrape. */
const TIMEOUTS = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 72_000 };

/** Answers `/metrics`, and nothing else, at `METRICS_PORT`: what it tells is for operators. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MetricsServer.name);
  private readonly server: Server;

  constructor(
    private readonly metrics: Metrics,
    private readonly config: Config,
  ) {
    this.server = createServer(TIMEOUTS, (request, response) => void this.answer(request, response));
  }

  /** @throws {ConfigError} if a port that was set is taken */
  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_HOST, METRICS_PORT, isMetricsPortSet } = this.config;
    if (METRICS_PORT === 0) return;
    try {
      await once(this.server.listen(METRICS_PORT, METRICS_HOST), 'listening');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (!isMetricsPortSet)
        return this.logger.warn({
          message: 'The default METRICS_PORT is taken; there are no metrics.',
          METRICS_PORT,
          code,
        });
      throw new ConfigError(
        `METRICS_PORT=${METRICS_PORT} is not allowed. Allowed: a free port of ${METRICS_HOST} (${code}).`,
        { cause },
      );
    }
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer({ method = '', url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff');
    if (url.split('?', 1)[0] !== '/metrics') return end(response, 404, 'There is no such route.\n');
    if (!ALLOWED.includes(method)) {
      response.setHeader('allow', ALLOWED.join(', '));
      return end(response, 405, 'The route does not know this method.\n');
    }
    try {
      end(response, 200, await this.metrics.text(), Metrics.contentType);
    } catch (error) {
      this.logger.error({ message: 'The metrics could not be read.', error });
      end(response, 500, 'Something went wrong here.\n');
    }
  }
}

function end(response: ServerResponse, status: number, text: string, type = PLAIN): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
