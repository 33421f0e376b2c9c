import type { INestApplication } from '@nestjs/common';
import type { DocumentBuilder, OpenAPIObject, OperationObject } from '@nestjs/swagger';
import type { Config } from '../config/env.js';
import { VERSION } from '../config/version.js';
import { openapi } from '../contract-kit/openapi.js';
import type { Definition } from './definition.js';
import { withoutHarmfulPrefills } from './prefills.js';
import { withSharedResponses } from './shared-responses.js';

/** The OpenAPI document of a definition. */
export async function documentOf(
  app: INestApplication,
  config: Config,
  definition: Definition,
): Promise<OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await openapi();
  const document = SwaggerModule.createDocument(app, frame(new DocumentBuilder(), definition, config), {
    include: [...definition.modules],
    operationIdFactory: (_controller, method) => method,
  });
  // A copy: what decorators were given stays as it is.
  const own = structuredClone({ ...document, paths: pathsBelow(definition.basePath, document.paths) });
  return withSharedResponses(withoutHarmfulPrefills(own));
}

function frame(
  builder: DocumentBuilder,
  { name, description, servers, tags, securitySchemes }: Definition,
  config: Config,
): Frame {
  builder.setOpenAPIVersion('3.0.3').setTitle(`Latchkey: ${name}`).setDescription(description).setVersion(VERSION);
  for (const [url, meaning] of Object.entries(servers)) builder.addServer(url, meaning);
  for (const [tag, meaning] of Object.entries(tags)) builder.addTag(tag, meaning);
  for (const [scheme, object] of Object.entries(securitySchemes(config))) builder.addSecurity(scheme, object);
  return builder.build();
}

type Frame = Omit<OpenAPIObject, 'paths'>;

function pathsBelow(basePath: string, paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [path.slice(basePath.length), publicUnlessSecured(item)]),
  );
}

/** An operation without a security requirement says that it needs none. */
function publicUnlessSecured(item: object): object {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]: [string, OperationObject]) => [
      method,
      { ...operation, security: operation.security ?? [] },
    ]),
  );
}
