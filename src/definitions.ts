import { AccountModule } from './account/account.module.js';
import { AdminModule } from './admin/admin.module.js';
import { cookieName } from './auth/sessions/session-cookie.js';
import { CONTRACTS } from './contracts/index.js';
import { type Definition, definitionOf } from './docs/definition.js';
import { HealthModule } from './health/health.module.js';
import { OAuthModule } from './oauth/oauth.module.js';
import { SCOPES } from './tokens/service-clients.service.js';

const NATIVE: Definition = {
  name: 'native',
  description: `What the service has beside its contracts: for people, for operators, and for services.

**Try it as a person:** sign in through any contract, and paste its token into **Authorize** at \`bearer\`; of \`cookie\` your
browser sends it by itself. \`GET /account\` answers who you are.

**Try it as a service:** make a client with \`node bin/latchkey.js client create demo --scope introspect\`, and paste its id and secret
into **Authorize** at \`oauth2\`; then \`POST /oauth/introspect\` says what a token is worth.

Every refusal is a problem of RFC 9457, whose \`code\` programs compare, but below \`/oauth\` one of RFC 6749. Pages for people
answer with a page.`,
  modules: [AccountModule, AdminModule, OAuthModule, HealthModule],
  basePath: '',
  servers: { '/': 'This service' },
  tags: {
    account: 'My account and its sessions, with the token of any contract',
    'e-mail verification': 'The mailed link that confirms an e-mail address',
    'password reset': 'The mailed link to a new password',
    admin: 'Every account, for administrators',
    oauth: 'Tokens for services, and what tokens are worth',
    home: 'Where things are',
    health: 'What a load balancer and a monitoring system ask',
  },
  securitySchemes: (config) => ({
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'The access token or opaque token of any contract. A service client may use its access token.',
    },
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieName(config),
      description:
        'Nothing to fill in here: sign in through the contract `cookie`, and the browser sends it by itself.',
    },
    client: { type: 'http', scheme: 'basic', description: 'The id and secret of a service client.' },
    oauth2: {
      type: 'oauth2',
      description: 'The id and secret of a service client, exchanged for an access token.',
      flows: {
        clientCredentials: {
          tokenUrl: '/oauth/token',
          scopes: SCOPES,
        },
      },
    },
  }),
};

/** The list at the top of Swagger UI: each contract, and the native routes. */
export const DEFINITIONS: readonly Definition[] = [...CONTRACTS.map(definitionOf), NATIVE];
