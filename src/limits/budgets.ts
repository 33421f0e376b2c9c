import { Injectable } from '@nestjs/common';
import { timeOf } from '../database/sql.js';
import { AuthError } from '../errors/auth-error.js';
import { type Budget, BudgetStore, keyOf, type Spent } from './budget-store.js';
import { PointsUnderWay } from './points-under-way.js';

/** What was taken from budgets, to be given back if nothing was risked after all. */
export interface Spending {
  giveBack(): Promise<void>;
}

/** Counts attempts in the store, so that all instances and every restart agree. */
@Injectable()
export class Budgets {
  private readonly underWay = new PointsUnderWay();

  constructor(private readonly store: BudgetStore) {}

  /** Takes one point from each budget, or from none. @throws {AuthError} `too_many_attempts` if one of them is spent */
  async spend(budgets: readonly Budget[]): Promise<Spending> {
    return this.spendInTurn(budgets, async () => false);
  }

  /**
   * Takes one point from each budget for an attempt, and gives them back if it succeeds, or throws and so was none.
   * Where points may yet come back from attempts under way, it waits for its turn.
   * @throws {AuthError} `too_many_attempts` if a budget is spent, and whatever the attempt throws
   */
  async attempt(budgets: readonly Budget[], act: () => Promise<boolean>): Promise<boolean> {
    const keys = budgets.map(keyOf);
    const spending = await this.spendInTurn(budgets, (key) => this.underWay.turn(key));
    this.underWay.begin(keys);
    let failed = false;
    try {
      failed = !(await act());
      return !failed;
    } finally {
      await this.settle(keys, failed ? undefined : spending);
    }
  }

  /** @param turn waits until a point of a budget may have come back; answers whether to try again */
  private async spendInTurn(budgets: readonly Budget[], turn: (key: string) => Promise<boolean>): Promise<Spending> {
    if (budgets.length === 0) return { giveBack: async () => {} };
    for (;;) {
      const taken = await this.store.take(budgets);
      if (taken.length === budgets.length) return { giveBack: () => this.store.giveBack(taken) };
      // On PostgreSQL, others may have taken the last point of one budget while this took from another.
      await this.store.giveBack(taken);
      const spent = await this.store.spentOf(budgets);
      if (spent && !(await turn(spent.key))) throw refusal(spent, budgets);
    }
  }

  private async settle(keys: readonly string[], spending: Spending | undefined): Promise<void> {
    try {
      await spending?.giveBack();
    } finally {
      this.underWay.end(keys, spending !== undefined);
    }
  }
}

function refusal({ key, expires_at, read_at }: Spent, budgets: readonly Budget[]): AuthError {
  const leftMs = timeOf(expires_at).getTime() - timeOf(read_at).getTime();
  const spent = budgets.find((budget) => keyOf(budget) === key);
  const limit = spent && { name: spent.name, ...spent.quota };
  return new AuthError('too_many_attempts', { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)), limit });
}
