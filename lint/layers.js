/** Which folders of src/ a folder may import from, beside itself. The table in docs/architecture.md is held to this one. */
const GROUND = ['config', 'errors', 'logging', 'database'];
const FACTS = ['users', 'tokens', 'mail'];
const BELOW_DOORS = [...GROUND, ...FACTS, 'auth', 'contract-kit'];

export const LAYERS = {
  config: [],
  errors: [],
  logging: [],
  database: ['config', 'errors'],
  users: GROUND,
  tokens: GROUND,
  mail: GROUND,
  auth: [...GROUND, ...FACTS],
  'contract-kit': [...GROUND, ...FACTS, 'auth'],
  contracts: BELOW_DOORS,
  account: BELOW_DOORS,
  health: BELOW_DOORS,
  http: ['config', 'logging', 'contract-kit'],
  docs: ['config', 'contract-kit', 'contracts'],
};
