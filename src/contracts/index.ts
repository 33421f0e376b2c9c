import type { Type } from '@nestjs/common';
import type { Contract } from '../contract-kit/contract.js';
import { BARE_TOKEN } from './bare-token/bare-token.contract.js';
import { BareTokenModule } from './bare-token/bare-token.module.js';
import { BASIC } from './basic/basic.contract.js';
import { BasicModule } from './basic/basic.module.js';
import { COOKIE } from './cookie/cookie.contract.js';
import { CookieModule } from './cookie/cookie.module.js';
import { OPAQUE_TOKEN } from './opaque-token/opaque-token.contract.js';
import { OpaqueTokenModule } from './opaque-token/opaque-token.module.js';
import { TOKEN_PAIR } from './token-pair/token-pair.contract.js';
import { TokenPairModule } from './token-pair/token-pair.module.js';

/** A contract with the module that serves it. */
interface ServedContract {
  readonly contract: Contract;
  readonly module: Type;
}

/** The contracts of this service. A new one is listed here, and nowhere else. */
export const CONTRACTS: readonly ServedContract[] = [
  { contract: BARE_TOKEN, module: BareTokenModule },
  { contract: TOKEN_PAIR, module: TokenPairModule },
  { contract: COOKIE, module: CookieModule },
  { contract: OPAQUE_TOKEN, module: OpaqueTokenModule },
  { contract: BASIC, module: BasicModule },
];
