/** What may be said of a part of a request; never a value that a caller sent. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Does a part of the request that is being served now as a span of its trace, or just does it if there is none. */
type Tracer = <T>(name: string, attributes: Attributes, act: () => Promise<T>) => Promise<T>;

let tracer: Tracer | undefined;

/** Says who makes spans, once there is somebody. */
export function traceWith(made: Tracer): void {
  tracer = made;
}

/** Does something as a span of the request that is being served. Without traces it is only done. */
export function traced<T>(name: string, attributes: Attributes, act: () => Promise<T>): Promise<T> {
  return tracer ? tracer(name, attributes, act) : act();
}
