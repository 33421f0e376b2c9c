import type { Answer } from './http.js';

/** Status and whole body of an answer, to be compared in one assertion. */
export function whole({ status, json }: Answer): { status: number; body: unknown } {
  return { status, body: json };
}

/** A page without the script that keeps its form from being sent twice, which the policy names by its hash. */
export function withoutScript(text: string): string {
  return text.replace(/<script>for \(const form of document\.forms\)[\s\S]*?<\/script>/, '');
}
