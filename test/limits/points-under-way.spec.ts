import { describe, expect, it } from 'vitest';
import { PointsUnderWay } from '../../src/limits/points-under-way.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What became of some who wait for a point of a budget, in their order. */
function waitFor(points: PointsUnderWay, key: string, count: number): (boolean | undefined)[] {
  const outcomes: (boolean | undefined)[] = Array.from({ length: count }, () => undefined);
  outcomes.forEach((_none, i) => void points.turn(key).then((outcome) => (outcomes[i] = outcome)));
  return outcomes;
}

describe('the line for points that may come back', () => {
  it('is none where no attempt is under way', async () => {
    const points = new PointsUnderWay();
    points.begin(['another']);
    expect(await points.turn('key')).toBe(false);
    points.begin(['key']);
    points.end([['key', true]]);
    expect(await points.turn('key')).toBe(false);
  });

  it('lets one try for each point that comes back, first come, first served', async () => {
    const points = new PointsUnderWay();
    for (let i = 0; i < 3; i++) points.begin(['key', 'another']);
    const outcomes = waitFor(points, 'key', 3);
    points.end([
      ['key', true],
      ['another', true],
    ]);
    await tick();
    expect(outcomes).toEqual([true, undefined, undefined]);
    points.end([
      ['key', false],
      ['another', false],
    ]);
    await tick();
    expect(outcomes).toEqual([true, undefined, undefined]);
  });

  it('is dissolved with the last attempt under way, whatever became of that', async () => {
    for (const gaveBack of [true, false]) {
      const points = new PointsUnderWay();
      points.begin(['key']);
      const outcomes = waitFor(points, 'key', 3);
      points.end([['key', gaveBack]]);
      await tick();
      expect(outcomes).toEqual([true, true, true]);
      expect(await points.turn('key')).toBe(false);
    }
  });

  it('answers true for a budget whose line ended after it was read', async () => {
    const points = new PointsUnderWay();
    points.begin(['key']);
    const before = points.among(['key', 'another']);
    points.end([['key', true]]);
    expect([await points.turn('key', before), await points.turn('another', before)]).toEqual([true, false]);
    expect(await points.turn('key', points.among(['key']))).toBe(false);
  });

  it('takes 256 at most', async () => {
    const points = new PointsUnderWay();
    points.begin(['key']);
    const outcomes = waitFor(points, 'key', 257);
    await tick();
    expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(1);
    expect(outcomes.at(-1)).toBe(false);
  });
});
