import type { ApiParamOptions, MediaTypeObject } from '@nestjs/swagger';

/** The end of a mailed link, as documents show it. */
export const LINK_TOKEN: ApiParamOptions = {
  name: 'token',
  description: 'What the mailed link ends in.',
  example: 'AbC123',
};

/** A page, as documents show it. */
export const PAGE: Readonly<Record<string, MediaTypeObject>> = {
  'text/html': { schema: { type: 'string', example: '<!doctype html>…' } },
};
