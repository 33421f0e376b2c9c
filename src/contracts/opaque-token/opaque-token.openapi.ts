import type { ContractDocument } from '../../contract-kit/contract-document.js';

/** What contract 3's document says beside its routes. */
export const OPAQUE_TOKEN_DOCUMENT: ContractDocument = {
  description: `A token means nothing to the client: it lives until it is cleared, or until it was not used for a long time.

**Try it:** run \`POST /register\` with a name of your own and then \`POST /login\`, copy \`token\` out of the answer, press
**Authorize** and paste it. Then run \`POST /change-password\` or \`POST /clear-tokens\`.

Bodies are JSON, whatever their Content-Type says. The text of a refusal is the reason phrase of the status line, and again
\`{"reason": "…"}\` in the body.`,
  securitySchemes: () => ({
    token: { type: 'http', scheme: 'bearer', description: 'The `token` of a login.' },
  }),
};
