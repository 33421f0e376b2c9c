import type { Type } from '@nestjs/common';
import type { ContractDocument } from '../contract-kit/contract-document.js';
import type { ServedContract } from '../contracts/index.js';

/** One entry of the list at the top of the page, and what its OpenAPI document is made of. */
export interface Definition extends ContractDocument {
  readonly name: string;
  /** The modules whose routes it describes. */
  readonly modules: readonly Type[];
  /** What all its routes lie below; its paths are printed without it. */
  readonly basePath: string;
  /** Where its paths are served, the first one preselected. */
  readonly servers: Readonly<Record<string, string>>;
  /** What its tags mean. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The definition of a contract: its paths are those that its document prints, served below its base path and bare. */
export function definitionOf({ contract: { name }, module, document }: ServedContract): Definition {
  return {
    ...document,
    name,
    modules: [module],
    basePath: `/${name}`,
    servers: { [`/${name}`]: 'The base path of this contract', '/': 'The bare paths, as the original server had them' },
    tags: { [name]: 'Every route of this contract' },
  };
}
