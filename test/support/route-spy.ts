import { Module, type NestModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** The routes that the application's modules brought along, as `POST /verify/{token}`; `HEAD` goes without saying. */
export const SEEN: string[] = [];

/** Notes every route that Nest adds to the server it is imported into. */
@Module({})
export class RouteSpy implements NestModule {
  constructor(private readonly host: HttpAdapterHost) {}

  configure(): void {
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    server.addHook('onRoute', ({ method, url }) => {
      if (method !== 'HEAD' && method !== 'OPTIONS') SEEN.push(`${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`);
    });
  }
}
