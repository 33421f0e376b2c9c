/** Which folders of src/ a folder may import from, beside itself. The table in docs/architecture.md is held to this one. */
const GROUND = ['config', 'errors', 'logging', 'metrics', 'tracing', 'network', 'database'];
const FACTS = ['users', 'tokens', 'mail', 'audit', 'limits'];
const BELOW_DOORS = [...GROUND, ...FACTS, 'auth', 'contract-kit'];

export const LAYERS = {
  config: [],
  errors: [],
  logging: [],
  metrics: ['config'],
  tracing: ['config'],
  network: [],
  database: ['config', 'errors', 'tracing'],
  users: GROUND,
  tokens: GROUND,
  mail: GROUND,
  audit: GROUND,
  limits: GROUND,
  auth: [...GROUND, ...FACTS],
  'contract-kit': [...GROUND, ...FACTS, 'auth'],
  contracts: BELOW_DOORS,
  account: BELOW_DOORS,
  admin: BELOW_DOORS,
  oauth: BELOW_DOORS,
  health: BELOW_DOORS,
  http: ['config', 'logging', 'contract-kit'],
  docs: ['config', 'contract-kit', 'contracts'],
  // The command line starts the service, so it alone may import the files directly in src/.
  // It does what the native API for operators does, and words its results alike.
  cli: [...BELOW_DOORS, 'admin', 'src'],
};
