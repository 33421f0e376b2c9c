import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { WireErrorCode, WireErrorDetails, WireErrors } from '../../src/contract-kit/wire-error.js';
import { wordingOf } from '../../src/contract-kit/wire-error.js';
import { CONTRACTS } from '../../src/contracts/index.js';

/** What wordings may need; a contract may tell an early broken rule from a late one. */
const EXAMPLES: readonly WireErrorDetails[] = [1, 99].map((step) => ({
  identifier: 'my_username',
  method: 'GET',
  mediaType: 'text/plain',
  found: 'list',
  retryAfterSeconds: 5,
  violations: [{ field: 'username', text: 'what is wrong', step }],
}));

const ROW = /^\| `(\w+)` +\| ([^|]+) \| (.+) \|$/;

interface Row {
  readonly code: string;
  readonly statuses: ReadonlySet<number>;
  readonly answer: string;
}

/** The rows below the heading "Errors" of a contract's README. */
function documentedErrors(contract: string): Row[] {
  const readme = readFileSync(new URL(`../../src/contracts/${contract}/README.md`, import.meta.url), 'utf8');
  const section = readme.split(/^## Errors$/m)[1]?.split(/^## /m)[0] ?? '';
  return section.split('\n').flatMap((line) => {
    const [, code = '', status = '', answer = ''] = ROW.exec(line) ?? [];
    return code ? [{ code, statuses: new Set(status.match(/\d{3}/g)?.map(Number)), answer }] : [];
  });
}

/** The statuses that a contract gives a code. */
function statusesOf(errors: WireErrors, code: WireErrorCode): Set<number> {
  return new Set(EXAMPLES.map((details) => wordingOf(errors, code, details).status));
}

/** The texts in a body, as JSON writes them. */
function textsOf(body: unknown): string[] {
  if (typeof body === 'string') return [JSON.stringify(body).slice(1, -1)];
  return typeof body === 'object' && body !== null ? Object.values(body).flatMap(textsOf) : [];
}

describe.each(CONTRACTS.map(({ contract }) => contract))("$name's README, under Errors", ({ name, errors }) => {
  const codes = Object.keys(errors) as WireErrorCode[];

  it('has one row for every code, and for nothing else', () => {
    expect(
      documentedErrors(name)
        .map(({ code }) => code)
        .sort(),
    ).toEqual([...codes].sort());
  });

  it('prints the status of every code', () => {
    const documented = Object.fromEntries(documentedErrors(name).map(({ code, statuses }) => [code, statuses]));
    expect(documented).toEqual(Object.fromEntries(codes.map((code) => [code, statusesOf(errors, code)])));
  });

  it('prints the text of every answer that is always alike', () => {
    const rows = documentedErrors(name).filter(({ code }) => typeof errors[code as WireErrorCode] !== 'function');
    const missing = rows.filter(({ code, answer }) =>
      textsOf(wordingOf(errors, code as WireErrorCode, {}).body).some((text) => !answer.includes(text)),
    );
    expect(missing).toEqual([]);
    expect(rows.length).toBeGreaterThan(0);
  });
});
