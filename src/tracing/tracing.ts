import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/env.js';

/** Traces the requests of a server that has no routes yet, if there is a collector. Nothing of it is loaded otherwise. */
export async function traceRequests(server: FastifyInstance, config: Config): Promise<void> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === '') return;
  const [{ startExport }, { RequestTracer }] = await Promise.all([
    import('./export.js'),
    import('./request-tracer.js'),
  ]);
  const exporting = startExport(config, (line) => server.log.warn(line));
  new RequestTracer(exporting.tracer, config).follow(server);
  server.addHook('onClose', () => exporting.stop());
}
