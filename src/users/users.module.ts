import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EpochsService } from './epochs.service.js';
import { HashingPool } from './hashing-pool.js';
import { PasswordCost } from './password-cost.entity.js';
import { PasswordHasher } from './password-hasher.js';
import { PinsStore } from './pins.store.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

/** Accounts: their rows, their names, their passwords and PINs. */
@Module({
  imports: [TypeOrmModule.forFeature([User, PasswordCost])],
  providers: [UsersService, EpochsService, PinsStore, HashingPool, PasswordHasher],
  exports: [UsersService, EpochsService, PinsStore, HashingPool, PasswordHasher],
})
export class UsersModule {}
