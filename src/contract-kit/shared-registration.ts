import { ApiHeader } from './openapi.js';

/** Documents the header that tells apart the two contracts with `POST /auth/register` at the bare path. */
export function SharedRegistration({ name }: { readonly name: string }): MethodDecorator {
  return ApiHeader({
    name: 'Auth-Contract',
    required: false,
    description:
      'Two contracts register at the bare path `/auth/register`. This header says which one is meant; without it the media type of the body decides. Below a base path it means nothing.',
    schema: { type: 'string', enum: [name] },
  });
}
