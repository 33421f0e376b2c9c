import type { SecuritySchemeObject } from '@nestjs/swagger';
import type { Config } from '../config/env.js';

/** What the OpenAPI document of a contract says beside its routes. */
export interface ContractDocument {
  /** For a newcomer, in Markdown: what it is, and what to click first. */
  readonly description: string;
  /** The ways to authorize, by the names that the routes use. */
  readonly securitySchemes: (config: Config) => Readonly<Record<string, SecuritySchemeObject>>;
}
