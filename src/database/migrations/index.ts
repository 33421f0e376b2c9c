import { Initial1763600000000 } from './1763600000000-initial.js';
import { Platform1763700000000 } from './1763700000000-platform.js';

/** Every migration, in order. */
export const MIGRATIONS = [Initial1763600000000, Platform1763700000000];
