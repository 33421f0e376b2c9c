import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/env.js';
import type { Definition } from './definition.js';
import { documentOf } from './document.js';
import { ASSETS, PAGE, startScript } from './page.js';

const ASSETS_FOLDER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Serves Swagger UI at `/docs`, and the document of each definition at `/docs/<name>/openapi.json`. */
export function mountDocs(app: NestFastifyApplication, config: Config, definitions: readonly Definition[]): void {
  const server = app.getHttpAdapter().getInstance();
  const serve = (path: string, mediaType: string, text: () => string | Promise<string>): void => {
    server.get(path, async (_request, reply) => reply.type(mediaType).send(await text()));
  };
  serve('/docs', 'text/html; charset=utf-8', () => PAGE);
  serve('/docs/', 'text/html; charset=utf-8', () => PAGE);
  serve('/docs/start.js', 'text/javascript; charset=utf-8', () => startScript(definitions.map(({ name }) => name)));
  for (const definition of definitions) {
    let json: Promise<string> | undefined;
    serve(`/docs/${definition.name}/openapi.json`, 'application/json; charset=utf-8', () => {
      json ??= documentOf(app, config, definition).then((document) => JSON.stringify(document));
      // What failed is tried again.
      return json.catch((error: unknown) => {
        json = undefined;
        throw error;
      });
    });
  }
  void server.register(fastifyStatic, { root: ASSETS_FOLDER, serve: false });
  for (const asset of ASSETS)
    server.get(`/docs/assets/${asset}`, (_request, reply) => reply.sendFile(asset, { maxAge: '1h' }));
}
