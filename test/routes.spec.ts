import 'reflect-metadata';
import { existsSync, readFileSync } from 'node:fs';
import { Controller, Get, RequestMethod, type Type, UseGuards } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IS_PUBLIC, Public } from '../src/auth/decorators/public.js';
import { AdminGuard } from '../src/auth/guards/admin.guard.js';
import { authenticates } from '../src/auth/guards/authenticates.js';
import { OpaqueTokenGuard } from '../src/auth/guards/opaque-token.guard.js';
import { CONTRACTS } from '../src/contracts/index.js';
import { type Service, startService } from './support/service.js';

/** A route as its controller declares it. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
  /** Whether a guard establishes who asks. */
  readonly isGuarded: boolean;
}

const scanner = new MetadataScanner();

/** The routes of a controller, with everything that stands above them. */
function routesOf(controller: Type): Route[] {
  const prototype = controller.prototype as Record<string, object>;
  return scanner
    .getAllMethodNames(prototype)
    .map((name) => prototype[name] as object)
    .filter((handler) => Reflect.hasMetadata(PATH_METADATA, handler))
    .map((handler) => {
      const all = <T>(key: string): T[] =>
        [controller, handler].flatMap((target) => (Reflect.getMetadata(key, target) ?? []) as T[]);
      const path = all<string>(PATH_METADATA).join('/');
      return {
        method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] as string,
        path: `/${path}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, ''),
        isPublic: all<boolean>(IS_PUBLIC).includes(true),
        isGuarded: all<Type>(GUARDS_METADATA).some(authenticates),
      };
    });
}

/** The routes that anybody may pass without somebody having said so, or that say both. */
function unclear(routes: readonly Route[]): string[] {
  return routes
    .filter(({ isPublic, isGuarded }) => isPublic === isGuarded)
    .map(({ method, path }) => `${method} ${path}`);
}

let service: Service;
let controllers: Type[];

beforeAll(async () => {
  service = await startService({}, { further: [DiscoveryModule] });
  controllers = service.app
    .get(DiscoveryService)
    .getControllers()
    .map(({ metatype }) => metatype as Type);
});
afterAll(() => service.stop());

describe('every route', () => {
  it('names a guard that establishes who asks, or says that it is public', () => {
    const routes = controllers.flatMap(routesOf);
    expect(routes.length).toBeGreaterThan(20);
    expect(unclear(routes)).toEqual([]);
  });

  it('that does neither, or both, would be found', () => {
    @Controller('unmarked')
    class UnmarkedController {
      @Get('open')
      open(): void {}

      // This guard asks more of somebody who is known already; it establishes nobody.
      @Get('admin')
      @UseGuards(AdminGuard)
      admin(): void {}

      @Get('both')
      @Public()
      @UseGuards(OpaqueTokenGuard)
      both(): void {}

      @Get('guarded')
      @UseGuards(OpaqueTokenGuard, AdminGuard)
      guarded(): void {}

      @Get('public')
      @Public()
      public(): void {}
    }
    expect(unclear(routesOf(UnmarkedController))).toEqual([
      'GET /unmarked/open',
      'GET /unmarked/admin',
      'GET /unmarked/both',
    ]);
  });

  it('is one of a controller, or a document', () => {
    const server = service.app.getHttpAdapter().getInstance();
    const declared = new Set(controllers.flatMap(routesOf).map(({ method, path }) => `${method} ${path}`));
    const served = leaves(server.printRoutes({ commonPrefix: false }));
    for (const route of declared) expect(served).toContain(route);
    const others = served.filter((route) => !declared.has(route) && !declared.has(route.replace(/^HEAD/, 'GET')));
    expect(others.filter((route) => !/^(GET|HEAD) \/docs(\/|$)/.test(route) && !route.startsWith('OPTIONS'))).toEqual(
      [],
    );
  });

  it('is documented: a contract’s in its README, the others in docs/native-api.md', () => {
    const undocumented = controllers.flatMap(routesOf).filter(({ method, path }) => {
      const contract = CONTRACTS.find(({ contract: { name } }) => path.startsWith(`/${name}/`))?.contract.name;
      const page = contract ? `src/contracts/${contract}/README.md` : 'docs/native-api.md';
      const printed = `\`${method} ${contract ? path.slice(contract.length + 1) : path}\``;
      return !existsSync(page) || !readFileSync(page, 'utf8').includes(printed);
    });
    expect(undocumented).toEqual([]);
  });
});

/** The routes of Fastify's own listing, each as `METHOD /path`. A line continues the path of the one it is indented below. */
function leaves(listing: string): string[] {
  const paths: string[] = [];
  return listing.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods] = /^([│├└─ ]*)(\S+?)(?: \(([A-Z, -]+)\))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    paths[depth] = (paths[depth - 1] ?? '') + part;
    return methods?.split(', ').map((method) => `${method} ${paths[depth] as string}`) ?? [];
  });
}
