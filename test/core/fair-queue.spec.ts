import { describe, expect, it } from 'vitest';
import { FairQueue, type Waiting } from '../../src/network/fair-queue.js';

interface Task extends Waiting {
  readonly name: string;
}

/** A task of a caller that is named from the widest group to the narrowest: `site/line/network/address/session`. */
function task(name: string, path: string, isKnown = false): Task {
  return { name, caller: path.split('/'), isKnown };
}

const of = (site: string): string => `${site}/l/n/a/s`;

/** A queue with tasks in it, one after the other. */
function queueOf(limit: number, tasks: readonly Task[]): { queue: FairQueue<Task>; dropped: string[] } {
  const queue = new FairQueue<Task>(limit);
  const dropped = tasks.map((one) => queue.add(one)?.name).filter((name) => name !== undefined);
  return { queue, dropped };
}

/** The names of all tasks, in the order in which they are taken. */
function taken(queue: FairQueue<Task>): string[] {
  const names: string[] = [];
  for (let next = queue.take(); next; next = queue.take()) names.push(next.name);
  return names;
}

describe('the fair queue', () => {
  it('serves tasks of one caller in the order in which they came', () => {
    const { queue } = queueOf(10, [task('1', of('a')), task('2', of('a')), task('3', of('a'))]);
    expect(taken(queue)).toEqual(['1', '2', '3']);
    expect(queue.size).toBe(0);
  });

  it('serves sites in turn: whoever comes after a hundred tasks of another waits for one of them', () => {
    const flood = Array.from({ length: 100 }, (_, n) => task(`flood ${n}`, of('flood')));
    const { queue } = queueOf(200, [...flood, task('stranger', of('other'))]);
    expect(taken(queue).slice(0, 3)).toEqual(['flood 0', 'stranger', 'flood 1']);
  });

  it.each([
    ['lines', (who: string) => `site/${who}/n/a/s`],
    ['networks', (who: string) => `site/line/${who}/a/s`],
    ['addresses', (who: string) => `site/line/network/${who}/s`],
    ['sessions', (who: string) => `site/line/network/address/${who}`],
  ])('serves %s of a site in turn', (_what, path) => {
    const { queue } = queueOf(10, [
      task('a1', path('a')),
      task('a2', path('a')),
      task('a3', path('a')),
      task('b1', path('b')),
      task('c1', path('c')),
    ]);
    expect(taken(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'a3']);
  });

  it('gives a site with many networks no more turns than one with one', () => {
    const many = Array.from({ length: 50 }, (_, n) => task(`many ${n}`, `many/${n}/n/a/s`));
    const { queue } = queueOf(100, [...many, task('one 0', of('one')), task('one 1', of('one'))]);
    expect(taken(queue).slice(0, 5)).toEqual(['many 0', 'one 0', 'many 1', 'one 1', 'many 2']);
  });

  it('drops the newest task of the site with most when it is full, and takes whoever comes', () => {
    const flood = Array.from({ length: 3 }, (_, n) => task(`flood ${n}`, of('flood')));
    const { queue, dropped } = queueOf(3, [...flood, task('stranger', of('other'))]);
    expect(dropped).toEqual(['flood 2']);
    expect(taken(queue)).toEqual(['flood 0', 'stranger', 'flood 1']);
  });

  it('drops the task that comes when its own site has most', () => {
    const { queue, dropped } = queueOf(3, [
      task('flood 0', of('flood')),
      task('flood 1', of('flood')),
      task('stranger', of('other')),
      task('flood 2', of('flood')),
    ]);
    expect(dropped).toEqual(['flood 2']);
    expect(queue.size).toBe(3);
  });

  it('drops within the site the newest of the session with most', () => {
    const path = (session: string): string => `site/line/network/address/${session}`;
    const { dropped } = queueOf(3, [
      task('a', path('a')),
      task('b1', path('b')),
      task('b2', path('b')),
      task('c', path('c')),
    ]);
    expect(dropped).toEqual(['b2']);
  });

  it('puts networks that the account knows first, and drops another, while each site has one task', () => {
    const { queue, dropped } = queueOf(3, [
      task('known', of('a'), true),
      task('one', of('b')),
      task('two', of('c')),
      task('also known', of('d'), true),
    ]);
    expect(dropped).toEqual(['two']);
    expect(taken(queue)).toEqual(['known', 'also known', 'one']);
  });

  it('drops whoever comes last when all are known and each site has one', () => {
    const { dropped } = queueOf(
      2,
      ['a', 'b', 'c'].map((site) => task(site, of(site), true)),
    );
    expect(dropped).toEqual(['c']);
  });

  it('forgets a task that left, and one that is not there', () => {
    const left = task('left', of('a'));
    const { queue } = queueOf(10, [left, task('stays', of('a'))]);
    queue.remove(left);
    queue.remove(left);
    expect([queue.size, taken(queue)]).toEqual([1, ['stays']]);
  });
});
