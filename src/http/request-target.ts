import type { RequestListener } from 'node:http';

const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** Escaped letters, digits, `-`, `.`, `_` and `~` (RFC 3986 §2.3). */
const ESCAPED_UNRESERVED = /%(?:4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|3[0-9]|2[de])/gi;

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
  const [sent = ''] = withoutOrigin(target).split('#', 1);
  const [path = '', ...query] = sent.split('?');
  return [path.replace(ESCAPED_UNRESERVED, decodeURIComponent), ...query].join('?');
}

function withoutOrigin(target: string): string {
  const rest = target.replace(ORIGIN, '');
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`;
}
