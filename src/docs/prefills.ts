import type { OpenAPIObject, OperationObject, ParameterObject, SchemaObject } from '@nestjs/swagger';

/**
 * Takes examples out of a document that would do harm. Swagger UI puts every example into the request that **Execute** sends: a wrong
 * PIN five times locks it, the filter of an optional parameter hides what is there, an id may be somebody's.
 * What a person has to choose stays empty: secrets, optional parameters, whom an act is done to, and what is changed.
 */
export function withoutHarmfulPrefills(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths))
    for (const [method, operation] of Object.entries(item) as [string, OperationObject][]) {
      for (const parameter of (operation.parameters ?? []) as ParameterObject[]) {
        if (method !== 'get' || !parameter.required) withoutExample(parameter);
      }
      if (method === 'patch') changingNothing(operation);
    }
  for (const schema of Object.values(document.components?.schemas ?? {})) withoutSecrets(schema as SchemaObject);
  return document;
}

function withoutExample(parameter: ParameterObject): void {
  delete parameter.example;
  if (parameter.schema) delete (parameter.schema as SchemaObject).example;
}

function changingNothing({ requestBody }: OperationObject): void {
  if (!requestBody || !('content' in requestBody)) return;
  for (const mediaType of Object.values(requestBody.content)) mediaType.example = {};
}

/** Without any example, it would make one up. */
function withoutSecrets({ properties = {} }: SchemaObject): void {
  for (const property of Object.values(properties) as SchemaObject[]) {
    if (property.format === 'password') property.example = '';
  }
}
