import { AccountModule } from './account/account.module.js';
import { CONTRACTS } from './contracts/index.js';
import { type Definition, definitionOf } from './docs/definition.js';
import { HealthModule } from './health/health.module.js';

const NATIVE: Definition = {
  name: 'native',
  description: `What the service has beside its contracts.

Every refusal is a problem of RFC 9457; programs compare its \`code\`. Pages for people answer with a page.`,
  modules: [AccountModule, HealthModule],
  basePath: '',
  servers: { '/': 'This service' },
  tags: {
    'e-mail verification': 'The mailed link of an account that was registered by e-mail',
    health: 'What a load balancer asks',
  },
  securitySchemes: () => ({}),
};

/** The list at the top of Swagger UI: each contract, and the native routes. */
export const DEFINITIONS: readonly Definition[] = [...CONTRACTS.map(definitionOf), NATIVE];
