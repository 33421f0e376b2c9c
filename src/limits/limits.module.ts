import { Module } from '@nestjs/common';
import { ActBudgets } from './act-budgets.js';
import { BudgetStore } from './budget-store.js';
import { Budgets } from './budgets.js';
import { KnownNetworks } from './known-networks.js';
import { LimitsService } from './limits.service.js';

/** Who may try how often. */
@Module({
  providers: [ActBudgets, BudgetStore, Budgets, KnownNetworks, LimitsService],
  exports: [BudgetStore, KnownNetworks, LimitsService],
})
export class LimitsModule {}
