import { FIRST_SIGHT } from './first-sight.js';
import { FLOOD } from './flood.js';
import type { Group } from './group.js';
import { GROWTH } from './growth.js';
import { PASSWORDS } from './passwords.js';
import { PROTECTED } from './protected.js';
import { REFRESH } from './refresh.js';
import { START } from './start.js';
import { STATEMENTS } from './statements.js';
import { STORE_CHECKS } from './store-checks.js';
import { STORM } from './storm.js';

/** Everything that is measured, in this order. */
export const GROUPS: readonly Group[] = [
  PROTECTED,
  FIRST_SIGHT,
  STORE_CHECKS,
  REFRESH,
  PASSWORDS,
  STORM,
  FLOOD,
  GROWTH,
  START,
  STATEMENTS,
];
