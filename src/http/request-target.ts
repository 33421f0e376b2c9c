import type { IncomingMessage, RequestListener } from 'node:http';

const HOST = /^host$/i;

/** A target that is normal already, as nearly all are. */
const PLAIN = /^\/[^%#]*$/;

const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** Escaped letters, digits, `-`, `.`, `_` and `~` (RFC 3986 §2.3). */
const ESCAPED_UNRESERVED = /%(?:4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|3[0-9]|2[de])/gi;

/** A `%` without its two digits. */
const NO_ESCAPE = /%(?![\da-f]{2})/i;

/** Gives requests their target in its one spelling: whose shape an answer has is told by the path. */
export function inOneSpelling(route: RequestListener): RequestListener {
  return (request, response) => {
    request.url = normalTarget(request.url ?? '/');
    route(request, response);
  };
}

/**
 * A target of an absolute form without its origin (RFC 9112 §3.2.2), its path without needless escapes, and without a
 * fragment, which the router overlooks.
 */
function normalTarget(target: string): string {
  if (PLAIN.test(target)) return target;
  const [sent = ''] = withoutOrigin(target).split('#', 1);
  const [path = '', ...query] = sent.split('?');
  // What is no escape could become one by what is put in the place of the next: it stays, and is malformed.
  const normal = NO_ESCAPE.test(path) ? path : path.replace(ESCAPED_UNRESERVED, decodeURIComponent);
  return [normal, ...query].join('?');
}

/** Whether a request names its host, once, as HTTP/1.1 has to (RFC 9112 §3.2); before that nobody had to. */
export function namesOneHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && HOST.test(name)) count++;
  }
  return count === 1 || (count === 0 && httpVersion === '1.0');
}

function withoutOrigin(target: string): string {
  const rest = target.replace(ORIGIN, '');
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`;
}
