import type { ContractDocument } from '../../contract-kit/contract-document.js';

/** What contract 0's document says beside its routes. */
export const BARE_TOKEN_DOCUMENT: ContractDocument = {
  description: `One JWT, the \`authToken\`, is everything: it signs requests, and it is what gets refreshed.

**Try it:** run \`POST /auth/register\` with a name of your own, copy \`authToken\` out of the answer, press **Authorize** and
paste it as it is, without \`Bearer\`. Then run \`GET /auth/refresh\`.

Bodies are JSON, whatever their Content-Type says. Every refusal is \`{"err": "…"}\`.`,
  securitySchemes: () => ({
    authToken: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: 'The `authToken` of a register, login or refresh, raw: no scheme before it.',
    },
  }),
};
