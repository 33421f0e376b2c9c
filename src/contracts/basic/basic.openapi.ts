import type { ContractDocument } from '../../contract-kit/contract-document.js';

/** What contract 4's document says beside its routes. */
export const BASIC_DOCUMENT: ContractDocument = {
  description: `HTTP Basic with an e-mail address at login, then a pair of JWTs; the refresh token goes in the header.

**Try it:** run \`POST /api/v1.0/register\` with an address of yours and follow the link that is mailed (without a mail
server it is in the log of the service). Press **Authorize**, fill in *basic* with the address and the password and run
\`POST /api/v1.0/login\`. Then fill in *refresh* with \`refresh_token\` out of the answer and run \`POST /api/v1.0/refresh\`.

Every refusal is \`{"error": "…", "statusCode": n}\`; one of a bearer token says it in \`msg\` too.`,
  securitySchemes: () => ({
    basic: { type: 'http', scheme: 'basic', description: 'E-mail address and password, for login only.' },
    refresh: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The `refresh_token` of a register or login, for refresh only.',
    },
  }),
};
