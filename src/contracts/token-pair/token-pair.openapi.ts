import type { ApiResponseNoStatusOptions } from '@nestjs/swagger';
import type { ContractDocument } from '../../contract-kit/contract-document.js';
import { getSchemaPath } from '../../contract-kit/openapi.js';
import { NothingDto, TokenPairDto } from './token-pair.dto.js';

/** What contract 1's document says beside its routes. */
export const TOKEN_PAIR_DOCUMENT: ContractDocument = {
  description: `A short-lived access token signs requests, a long-lived refresh token gets the next pair: the API of
djangorestframework-simplejwt.

**Try it:** run \`POST /auth/register\` with a name of your own, copy \`access\` out of the answer, press **Authorize** and
paste it. Then run \`GET /auth/getuser\`. \`POST /auth/token/refresh\` takes \`refresh\` and answers a new pair; the one
before is used up.

Bodies are JSON, urlencoded or multipart. A refusal is \`{"detail": "…"}\`, often with a \`code\`, or the texts of each field.`,
  securitySchemes: () => ({
    access: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The `access` token of a register, token or refresh.',
    },
  }),
};

/** The bodies of the refresh route: of a verification too, as the document prints it. */
export const REFRESH_BODIES = {
  refresh: { summary: 'refresh', value: { refresh: '<refresh-token>' } },
  verify: { summary: 'verify, as the document prints it', value: { token: '<token>' } },
};

/** The answers of the refresh route to both. */
export const REFRESH_ANSWERS: ApiResponseNoStatusOptions = {
  description: 'The next pair; or the token to verify is valid.',
  content: {
    'application/json': {
      schema: { anyOf: [TokenPairDto, NothingDto].map((dto) => ({ $ref: getSchemaPath(dto) })) },
      examples: {
        refresh: { summary: 'refresh', value: { refresh: '<refresh-token>', access: '<access-token>' } },
        verify: { summary: 'verify, as the document prints it', value: {} },
      },
    },
  },
};
