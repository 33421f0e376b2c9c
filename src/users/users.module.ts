import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountChanges } from './account-changes.js';
import { AccountList } from './account-list.js';
import { AccountSearch } from './account-search.js';
import { ClaimsStore } from './claims.store.js';
import { EmailsStore } from './emails.store.js';
import { EpochsService } from './epochs.service.js';
import { HashingPool, HashingWorker } from './hashing-pool.js';
import { LastAdmin } from './last-admin.js';
import { NamePartSearch } from './name-part-search.js';
import { PasswordCost } from './password-cost.entity.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';
import { PinsStore } from './pins.store.js';
import { User } from './user.entity.js';
import { Usernames } from './usernames.js';
import { UsersService } from './users.service.js';

const SERVICES = [
  UsersService,
  Usernames,
  EpochsService,
  ClaimsStore,
  EmailsStore,
  AccountList,
  AccountSearch,
  NamePartSearch,
  AccountChanges,
  PinsStore,
  HashingPool,
  PasswordHasher,
  PasswordPolicy,
];

/** Accounts: their rows, their names, their passwords and PINs. */
@Module({
  imports: [TypeOrmModule.forFeature([User, PasswordCost])],
  providers: [...SERVICES, LastAdmin, { provide: HashingWorker, useFactory: () => new HashingWorker() }],
  exports: SERVICES,
})
export class UsersModule {}
