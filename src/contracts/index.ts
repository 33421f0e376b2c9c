import type { Type } from '@nestjs/common';
import type { ContractDocument } from '../contract-kit/contract-document.js';
import type { Contract } from '../contract-kit/contract.js';
import { BARE_TOKEN } from './bare-token/bare-token.contract.js';
import { BareTokenModule } from './bare-token/bare-token.module.js';
import { BARE_TOKEN_DOCUMENT } from './bare-token/bare-token.openapi.js';
import { BASIC } from './basic/basic.contract.js';
import { BasicModule } from './basic/basic.module.js';
import { BASIC_DOCUMENT } from './basic/basic.openapi.js';
import { COOKIE } from './cookie/cookie.contract.js';
import { CookieModule } from './cookie/cookie.module.js';
import { COOKIE_DOCUMENT } from './cookie/cookie.openapi.js';
import { OPAQUE_TOKEN } from './opaque-token/opaque-token.contract.js';
import { OpaqueTokenModule } from './opaque-token/opaque-token.module.js';
import { OPAQUE_TOKEN_DOCUMENT } from './opaque-token/opaque-token.openapi.js';
import { TOKEN_PAIR } from './token-pair/token-pair.contract.js';
import { TokenPairModule } from './token-pair/token-pair.module.js';
import { TOKEN_PAIR_DOCUMENT } from './token-pair/token-pair.openapi.js';

/** A contract with the module that serves it, and what its document says. */
export interface ServedContract {
  readonly contract: Contract;
  readonly module: Type;
  readonly document: ContractDocument;
}

/** The contracts of this service. A new one is listed here, and by name in `src/admin/trail-names.ts`. */
export const CONTRACTS: readonly ServedContract[] = [
  { contract: BARE_TOKEN, module: BareTokenModule, document: BARE_TOKEN_DOCUMENT },
  { contract: TOKEN_PAIR, module: TokenPairModule, document: TOKEN_PAIR_DOCUMENT },
  { contract: COOKIE, module: CookieModule, document: COOKIE_DOCUMENT },
  { contract: OPAQUE_TOKEN, module: OpaqueTokenModule, document: OPAQUE_TOKEN_DOCUMENT },
  { contract: BASIC, module: BasicModule, document: BASIC_DOCUMENT },
];
