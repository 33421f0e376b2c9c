import { describe, expect, it } from 'vitest';
import { chart } from '../../bench/chart.js';
import type { ContestResult } from '../../bench/contest.js';
import { resultsOf } from './results.js';

/** A contest as the benchmark holds it, as far as the chart looks. */
function contest(name: string, sides: Readonly<Record<string, number>>): ContestResult {
  const side = ([name, rate]: [string, number]): ContestResult['sides'][number] => {
    return { name, does: '', perSecond: { median: rate, least: rate, most: rate }, coreMs: 1, cores: 1 };
  };
  return { name, sides: Object.entries(sides).map(side), pairs: [] };
}

const svg = chart(
  resultsOf(
    contest('protected request', { 'bare Fastify, /auth/getuser': 50_000, '/auth/getuser': 40_000, SimpleJWT: 2000 }),
    contest('sign-in, cost 10', { 'native bcrypt alone, comparing': 33.5, 'sign-in, cost 10': 33 }),
  ),
);

describe('the chart of a benchmark', () => {
  it('is well-formed XML', () => {
    const open: string[] = [];
    for (const [, closes, name, isEmpty] of svg.matchAll(/<(\/?)(\w+)(?:\s+[\w:-]+="[^"<&]*")*\s*(\/?)>/g)) {
      if (closes) expect(open.pop()).toBe(name);
      else if (!isEmpty) open.push(name as string);
    }
    expect(open).toEqual([]);
    const texts = svg.replace(/<\/?\w+(?:\s+[\w:-]+="[^"<&]*")*\s*\/?>/g, '');
    expect(texts).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
  });

  it('shows the bars that were measured, the longest first in width, and leaves out the rest', () => {
    const widths = [...svg.matchAll(/<rect class="([^"]+)" x="\d+" y="\d+" width="(\d+)"/g)].map(([, kind, width]) => [
      kind,
      Number(width),
    ]);
    expect(widths).toEqual([
      ['bar', 440],
      ['bar ours', 352],
      ['bar', 18],
      ['bar', 440],
      ['bar ours', 433],
    ]);
    expect(svg).toContain('>40,000</text>');
    expect(svg).toContain('>33.5</text>');
    expect(svg).not.toContain('Refreshes');
  });

  it('can be read in the dark', () => {
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
