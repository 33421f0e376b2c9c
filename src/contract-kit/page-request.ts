import type { FastifyRequest } from 'fastify';

/** A media range that browsers send, unless it says that it is not wanted (RFC 9110 §12.5.1). */
const HTML_RANGE = /(?:^|,)\s*(?:text\/html|application\/xhtml\+xml)\s*(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;

/** Paths of mailed links and of the forms that ask for them. */
const OF_PAGES = /^\/(?:verify|password-reset)(?:[/?]|$)/;

/** True if a request accepts a page, as those of browsers do. */
export function acceptsHtml({ headers: { accept = '' } }: Pick<FastifyRequest, 'headers'>): boolean {
  return HTML_RANGE.test(accept);
}

/** True for what a person asks of a page: it is opened, or its form is sent. */
export function isOfPage(request: FastifyRequest): boolean {
  return OF_PAGES.test(request.url) && acceptsHtml(request);
}
