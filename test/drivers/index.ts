import { bareToken } from './bare-token.driver.js';
import { basic } from './basic.driver.js';
import { cookie } from './cookie.driver.js';
import type { Driver } from './driver.js';
import { opaqueToken } from './opaque-token.driver.js';
import { tokenPair } from './token-pair.driver.js';

/** The driver of every contract; a new contract adds its own. */
export const DRIVERS: readonly Driver[] = [bareToken, tokenPair, cookie, opaqueToken, basic];
