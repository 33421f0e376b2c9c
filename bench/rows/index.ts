import { FIRST_SIGHT } from './first-sight.js';
import type { Group } from './group.js';
import { PASSWORDS } from './passwords.js';
import { PROTECTED } from './protected.js';
import { REFRESH } from './refresh.js';
import { STORE_CHECKS } from './store-checks.js';

/** Everything that is measured, in this order. */
export const GROUPS: readonly Group[] = [PROTECTED, FIRST_SIGHT, STORE_CHECKS, REFRESH, PASSWORDS];
