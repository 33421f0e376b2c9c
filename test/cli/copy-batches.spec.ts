import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../src/cli/copy/batches.js';

function* rows(count: number, text: string): Generator<Record<string, unknown>> {
  for (let id = 1; id <= count; id++) yield { id, text };
}

const countsOf = (count: number, text: string): number[] =>
  Array.from(batchesOf('t', rows(count, text)), (one) => one.count);

describe('the batches of a table that is copied', () => {
  it('are none for no row', () => {
    expect(countsOf(0, '')).toEqual([]);
  });

  it('hold every row once, and 5,000 at most', () => {
    expect(countsOf(10_001, 'short')).toEqual([5000, 5000, 1]);
    const ids = Array.from(batchesOf('t', rows(10_001, 'short')), ({ json }) => JSON.parse(json) as { id: number }[]);
    expect(ids.flat().map(({ id }) => id)).toEqual(Array.from({ length: 10_001 }, (_, i) => i + 1));
  });

  it('hold few rows where rows are long, and one of any length', () => {
    expect(countsOf(5, 'x'.repeat(1_900_000))).toEqual([3, 2]);
    expect(countsOf(2, 'x'.repeat(9_000_000))).toEqual([1, 1]);
  });

  it('refuse what PostgreSQL does not take, and say where it is', () => {
    expect(() => countsOf(1, 'a\0b')).toThrow('t.text holds a NUL, which PostgreSQL does not take, in the row 1.');
    const bytes = batchesOf('t', [{ id: 'x', text: Buffer.from('a') }]);
    expect(() => bytes.next()).toThrow('t.text holds bytes, which PostgreSQL does not take, in the row "x".');
  });
});
