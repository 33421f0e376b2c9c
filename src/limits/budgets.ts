import { Injectable } from '@nestjs/common';
import { timeOf } from '../database/sql.js';
import { AuthError } from '../errors/auth-error.js';
import { type Budget, type BudgetKey, BudgetStore, keyOf, type Point, type Spent } from './budget-store.js';
import { PointsUnderWay } from './points-under-way.js';

/** What was taken from budgets, to be given back if nothing was risked after all. */
export interface Spending {
  giveBack(): Promise<void>;
}

/** How an attempt ended; `none` if it threw, and so was not made. */
type Outcome = 'failure' | 'success' | 'none';

/** Counts attempts in the store, so that all instances and every restart agree. */
@Injectable()
export class Budgets {
  private readonly underWay = new PointsUnderWay();

  constructor(private readonly store: BudgetStore) {}

  /** Takes one point from each budget, or from none. @throws {AuthError} `too_many_attempts` if one of them is spent */
  async spend(budgets: readonly Budget[]): Promise<Spending> {
    const points = await this.takeInTurn(budgets, async () => false);
    return { giveBack: () => this.giveBack(budgets, points) };
  }

  /**
   * Takes one point from each budget for an attempt. Those that its outcome does not cost are given back. Where points may
   * yet come back from attempts under way, it waits for its turn.
   * @param act answers true if it succeeded
   * @param beforeWaiting is called before it waits
   * @returns also the budgets that its failure took the last point of
   * @throws {AuthError} `too_many_attempts` if a budget is spent, and whatever the attempt throws
   */
  async attempt(
    budgets: readonly Budget[],
    act: () => Promise<boolean>,
    beforeWaiting: () => void = () => {},
  ): Promise<{ readonly succeeded: boolean; readonly spent: readonly Budget[] }> {
    const keys = budgets.map(keyOf);
    const points = await this.takeInTurn(budgets, (key, before) => {
      beforeWaiting();
      return this.underWay.turn(key, before);
    });
    this.underWay.begin(keys);
    let outcome: Outcome = 'none';
    try {
      outcome = (await act()) ? 'success' : 'failure';
      return { succeeded: outcome === 'success', spent: outcome === 'failure' ? lastOf(budgets, points) : [] };
    } finally {
      await this.settle(budgets, points, outcome);
    }
  }

  /** Makes whole every budget whose owner is named with something behind, such as a network behind a name. */
  async clearBehind(budgets: readonly BudgetKey[]): Promise<void> {
    await this.store.clearBehind(budgets);
  }

  /** Makes budgets whole. */
  async clear(budgets: readonly BudgetKey[]): Promise<void> {
    await this.store.clear(budgets);
  }

  /** @param turn waits until a point of a budget may have come back since `before`; answers whether to try again */
  private async takeInTurn(
    budgets: readonly Budget[],
    turn: (key: string, before: ReadonlySet<string>) => Promise<boolean>,
  ): Promise<Point[]> {
    if (budgets.length === 0) return [];
    for (;;) {
      const points = await this.store.take(budgets);
      if (points.length === budgets.length) return points;
      // On PostgreSQL, others may have taken the last point of one budget while this took from another.
      await this.giveBack(budgets, points);
      const before = this.underWay.among(budgets.map(keyOf));
      const spent = await this.store.spentOf(budgets);
      if (spent && !(await turn(spent.key, before))) throw refusal(spent, budgets);
    }
  }

  private async giveBack(budgets: readonly Budget[], points: readonly Point[]): Promise<void> {
    await this.store.giveBack(points, budgets.filter(({ inARow }) => inARow).map(keyOf));
  }

  private async settle(budgets: readonly Budget[], points: readonly Point[], outcome: Outcome): Promise<void> {
    const free = budgets.filter(({ spentBy = 'failure' }) => !isSpent(spentBy, outcome));
    const freeKeys = new Set(free.map(keyOf));
    try {
      await this.giveBack(
        budgets,
        points.filter(({ key }) => freeKeys.has(key)),
      );
    } finally {
      this.underWay.end(budgets.map((budget) => [keyOf(budget), freeKeys.has(keyOf(budget))]));
    }
  }
}

function isSpent(spentBy: NonNullable<Budget['spentBy']>, outcome: Outcome): boolean {
  return spentBy === outcome || (spentBy === 'either' && outcome !== 'none');
}

/** The budgets of which a point taken was the last. */
function lastOf(budgets: readonly Budget[], taken: readonly Point[]): Budget[] {
  const points = new Map(taken.map((point) => [point.key, point.points]));
  return budgets.filter((budget) => points.get(keyOf(budget)) === budget.quota.points);
}

function refusal({ key, expires_at, read_at }: Spent, budgets: readonly Budget[]): AuthError {
  const leftMs = timeOf(expires_at).getTime() - timeOf(read_at).getTime();
  const spent = budgets.find((budget) => keyOf(budget) === key);
  const limit = spent && { name: spent.name, ...spent.quota };
  return new AuthError('too_many_attempts', { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)), limit });
}
