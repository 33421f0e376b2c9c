import { algNone, forged, signedByStranger, signedWithSecret } from './jwt.js';

/** What spoils a JWT for everybody: what is wrong with it, and how that is done to a good one. */
export const SPOILT: readonly [string, (token: string) => string][] = [
  ['malformed', () => 'a.jwt.token'],
  ['the word null', () => 'null'],
  ['the word undefined', () => 'undefined'],
  ['forged', forged],
  ['signed with alg none', algNone],
  ["signed with a stranger's key", signedByStranger],
  ['signed with a guessed secret', (token) => signedWithSecret(token, 'secret')],
];
