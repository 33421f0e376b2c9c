import { Module } from '@nestjs/common';
import { Budgets } from './budgets.js';
import { KnownNetworks } from './known-networks.js';
import { LimitsService } from './limits.service.js';

/** Who may try how often. */
@Module({ providers: [Budgets, KnownNetworks, LimitsService], exports: [Budgets, KnownNetworks, LimitsService] })
export class LimitsModule {}
