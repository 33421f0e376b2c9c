/** A part of a request that a route may read. */
type Part = 'body' | 'query';

const keyOf = (part: Part): string => `reads the ${part}`;

/** Notes that a route reads a part of a request. */
export function noteReading(part: Part, prototype: object, method: string | symbol | undefined): void {
  const handler = (prototype as Readonly<Record<string | symbol, object>>)[method as string] as object;
  Reflect.defineMetadata(keyOf(part), true, handler);
}

/** Says of a route that any query is passed over. */
export const AnyQuery = (): MethodDecorator => (prototype, method) => noteReading('query', prototype, method);

/** Whether a route reads a part of a request. */
export function reads(handler: object, part: Part): boolean {
  return Reflect.hasMetadata(keyOf(part), handler);
}
