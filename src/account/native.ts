import { readJson } from '../contract-kit/body.js';
import { PROBLEM_DETAILS } from '../contract-kit/problem-details.js';

/** How the native routes read bodies and word refusals: JSON, and RFC 9457 problem details. */
export const NATIVE = { readFields: readJson, errors: PROBLEM_DETAILS };
