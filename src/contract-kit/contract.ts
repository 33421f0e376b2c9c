import type { Type } from '@nestjs/common';
import type { Door } from '../auth/door.js';
import type { FieldReader } from './body.js';
import type { TokenAnswer } from './contract-short-cuts.js';
import type { WireErrors } from './wire-error.js';

/** A wire contract: a way in, with its own paths, bodies and words. */
export interface Contract extends Door {
  /** Which bare paths it answers at, beside its own base path `/<name>`. */
  readonly bare: BareClaim;
  /** How it reads bodies. */
  readonly readFields: FieldReader;
  /** Its words for every refusal. */
  readonly errors: WireErrors;
  /** The shapes of its refusals of a status, for its OpenAPI document. */
  readonly errorDtos: (status: number) => readonly Type[];
  /** Whose pages may read its answers: those of any origin, or only those of `CORS_ORIGINS`, which may ask with credentials. */
  readonly cors: 'any origin' | 'allowed origins only';
  /** Its hot routes, by method and path below its base path: what they answer for an access token. */
  readonly tokenAnswers?: Readonly<Record<`${'GET' | 'POST'} /${string}`, TokenAnswer>>;
}

/** The bare paths that a contract's document prints. */
export interface BareClaim {
  /** Whole paths. */
  readonly paths: readonly string[];
  /** Beginnings of paths; the longest one wins. */
  readonly prefixes: readonly string[];
}
