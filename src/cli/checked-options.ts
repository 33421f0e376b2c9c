import { type Dto, toDto } from '../contract-kit/dto.js';
import { RequestError } from '../contract-kit/wire-error.js';
import { UsageError } from './command-error.js';

/** Options as the query of the route that does the same takes them. @throws {UsageError} for the first that it refuses */
export function checkedOptions<T extends object>(type: Dto<T>, options: T): T {
  try {
    return toDto(type, options as Readonly<Record<string, unknown>>);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const [violation] = error.details.violations ?? [];
    throw new UsageError(`--${violation?.field}: ${violation?.text}`, { cause: error });
  }
}
