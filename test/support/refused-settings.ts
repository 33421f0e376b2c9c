import { ConfigError, parseEnvironment } from '../../src/config/env.js';

/** Why an environment is refused, one line for each problem. */
export function refusal(environment: Record<string, string>): string[] {
  try {
    parseEnvironment(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(environment)}`);
}
