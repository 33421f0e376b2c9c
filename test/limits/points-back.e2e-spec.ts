import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Budget, BudgetStore } from '../../src/limits/budget-store.js';
import { Budgets } from '../../src/limits/budgets.js';
import { holdNext } from '../support/hold.js';
import { type Service, startService } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** A budget of one point, whose only one is out with an attempt until that is told how it ends. */
async function lastPointOut(of: string): Promise<{ budget: Budget; end: (succeeded: boolean) => Promise<unknown> }> {
  const budget: Budget = { name: 'test', of, quota: { points: 1, seconds: 60 } };
  let decide: (succeeded: boolean) => void = () => {};
  let holder: Promise<unknown> = Promise.resolve();
  await new Promise<void>((begun) => {
    const act = (): Promise<boolean> => new Promise((resolve) => ((decide = resolve), begun()));
    holder = service.app.get(Budgets).attempt([budget], act);
  });
  return {
    budget,
    end: (succeeded) => {
      decide(succeeded);
      return holder;
    },
  };
}

describe('An attempt that finds the last point out', () => {
  it.each([
    { ending: 'comes back', succeeded: true, outcome: { succeeded: true, spent: [] } },
    { ending: 'is lost', succeeded: false, outcome: 'too_many_attempts' },
  ])('while it $ending takes what there is then', async ({ ending, succeeded, outcome }) => {
    const { budget, end } = await lastPointOut(ending);
    // The store has told that the budget is spent, and the attempt does not know that yet.
    const held = holdNext(service.app.get(BudgetStore), 'spentOf', 'after');
    const tried = service.app
      .get(Budgets)
      .attempt([budget], async () => true)
      .catch(({ code }: { code: string }) => code);
    await held.reached;
    await end(succeeded);
    held.release();

    expect(await tried).toEqual(outcome);
  });
});
