import type { Answer } from './http.js';

/** Status and whole body of an answer, to be compared in one assertion. */
export function whole({ status, json }: Answer): { status: number; body: unknown } {
  return { status, body: json };
}
