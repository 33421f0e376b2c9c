import type { IncomingMessage } from 'node:http';

const sent = new WeakMap<IncomingMessage, string>();

/**
 * Sets a request's media type aside: the contracts decide what to make of it, and Fastify, which would answer 415 to a
 * malformed one before any of them is asked, sees a harmless one.
 */
export function setMediaTypeAside(request: IncomingMessage): void {
  const mediaType = request.headers['content-type'];
  if (mediaType === undefined) return;
  sent.set(request, mediaType);
  request.headers['content-type'] = 'application/octet-stream';
}

/** The header Content-Type as the client sent it; '' without one. */
export function mediaTypeOf(request: IncomingMessage): string {
  return sent.get(request) ?? request.headers['content-type'] ?? '';
}

/** A content coding that leaves a body as it is (RFC 9110 §8.4.1). */
const IDENTITY = /^\s*(identity)?\s*$/i;

/** How the body of a request is compressed, as its header Content-Encoding says; `undefined` for one that comes as it is. */
export function compressionOf({ headers }: IncomingMessage): string | undefined {
  const codings = headers['content-encoding'] ?? '';
  return codings.split(',').every((coding) => IDENTITY.test(coding)) ? undefined : codings;
}
