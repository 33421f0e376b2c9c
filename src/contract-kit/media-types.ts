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
