import type { Type } from '@nestjs/common';
import type * as Swagger from '@nestjs/swagger';

type Openapi = typeof Swagger;

/** The names of the decorators that describe something for a document. */
type DecoratorName = Extract<keyof Openapi, `Api${string}`>;

type MakeDecorator = (...options: unknown[]) => (...decorated: unknown[]) => void;

const noted: ((swagger: Openapi) => void)[] = [];

/**
 * A decorator of `@nestjs/swagger` that is only noted, and applied once somebody asks for a document: that library brings
 * some 530 modules, which cost every start a fifth of a second and 7 MB.
 */
function later<Name extends DecoratorName>(name: Name): Openapi[Name] {
  const decorate: MakeDecorator =
    (...options) =>
    (...decorated) =>
      void noted.push((swagger) => (swagger[name] as MakeDecorator)(...options)(...decorated));
  return decorate as Openapi[Name];
}

/** The library, with everything applied that was noted, in the order in which the language would have applied it. */
export async function openapi(): Promise<Openapi> {
  const swagger = await import('@nestjs/swagger');
  // One by one: should one fail, the others are still there for whoever asks next.
  for (let apply = noted.shift(); apply; apply = noted.shift()) apply(swagger);
  return swagger;
}

/** Where a document keeps the schema of a DTO, as the library's function of this name says. */
export function getSchemaPath({ name }: Type): string {
  return `#/components/schemas/${name}`;
}

export const ApiAcceptedResponse = later('ApiAcceptedResponse');
export const ApiBadRequestResponse = later('ApiBadRequestResponse');
export const ApiBasicAuth = later('ApiBasicAuth');
export const ApiBearerAuth = later('ApiBearerAuth');
export const ApiBody = later('ApiBody');
export const ApiConsumes = later('ApiConsumes');
export const ApiCookieAuth = later('ApiCookieAuth');
export const ApiCreatedResponse = later('ApiCreatedResponse');
export const ApiExtraModels = later('ApiExtraModels');
export const ApiForbiddenResponse = later('ApiForbiddenResponse');
export const ApiGoneResponse = later('ApiGoneResponse');
export const ApiHeader = later('ApiHeader');
export const ApiNoContentResponse = later('ApiNoContentResponse');
export const ApiOAuth2 = later('ApiOAuth2');
export const ApiOkResponse = later('ApiOkResponse');
export const ApiOperation = later('ApiOperation');
export const ApiParam = later('ApiParam');
export const ApiProperty = later('ApiProperty');
export const ApiPropertyOptional = later('ApiPropertyOptional');
export const ApiResponse = later('ApiResponse');
export const ApiSecurity = later('ApiSecurity');
export const ApiServiceUnavailableResponse = later('ApiServiceUnavailableResponse');
export const ApiTags = later('ApiTags');
