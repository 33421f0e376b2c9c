import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import bcrypt from 'bcryptjs';
import { Repository } from 'typeorm';
import { Config } from '../config/env.js';
import type { Decoy } from './bcrypt.worker.js';
import { type HashCaller, HashingPool } from './hashing-pool.js';
import { PasswordCost } from './password-cost.entity.js';
import { isPassword } from './identifiers.js';
import { NO_PASSWORD, readStoredPassword, schemeFor } from './password-scheme.js';

/** 31 characters that end no real hash: a decoy takes a comparison's time and matches nothing. */
const DECOY_DIGEST = '.'.repeat(31);

const ANY_PASSWORD = 'any password';

/** Hashes passwords and checks them. A check that fails costs the same, whatever was stored or whether anything was. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly logger = new Logger(PasswordHasher.name);
  private slowestCost: number;

  constructor(
    private readonly config: Config,
    private readonly pool: HashingPool,
    @InjectRepository(PasswordCost) private readonly costs: Repository<PasswordCost>,
  ) {
    this.slowestCost = config.BCRYPT_COST;
  }

  /** Records the configured cost before anything is hashed under it, and learns the others that may be in the store. */
  async onModuleInit(): Promise<void> {
    await this.costs.upsert({ cost: this.config.BCRYPT_COST }, ['cost']);
    this.slowestCost = (await this.costs.maximum('cost')) ?? this.config.BCRYPT_COST;
  }

  /** What to store for a new password. @throws {AuthError} `hashing_overloaded` */
  async hash(password: string, caller: HashCaller): Promise<string> {
    const scheme = schemeFor(password);
    const salt = bcrypt.genSaltSync(this.config.BCRYPT_COST);
    return scheme.write(await this.pool.hash(scheme.inputFor(password, salt), salt, caller));
  }

  /**
   * Whether `stored` is that password's; `undefined` stands for an account that does not exist, and nothing is the
   * password of one that has none. Every refusal costs as much bcrypt work as the slowest hash in the store.
   * @throws {AuthError} `hashing_overloaded`
   */
  async verify(password: string, stored: string | undefined, caller: HashCaller): Promise<boolean> {
    const read = stored === undefined ? undefined : readStoredPassword(stored);
    if (stored !== undefined && stored !== NO_PASSWORD && !read)
      this.logger.error('A stored password is of no known scheme; it matches nothing.');
    // What no password may be can be long, or none that machine code hashes: another is compared in its place.
    const tried = isPassword(password) ? password : ANY_PASSWORD;
    if (!read) return this.waste(tried, caller);
    return this.pool.compare(read.inputFor(tried), read.bcryptHash, caller, {
      mayMatch: tried === password && read.readsAllOf(tried),
      decoys: this.decoysFrom(read.cost, tried),
    });
  }

  /** Whether what is stored was hashed under another cost than is configured now. */
  needsRehash(stored: string): boolean {
    return readStoredPassword(stored)?.cost !== this.config.BCRYPT_COST;
  }

  /** The work of cost c doubles with each step: one hash at each cost from c up to the slowest makes refusals equal. */
  private decoysFrom(cost: number, password: string): Decoy[] {
    const costs = Array.from({ length: Math.max(0, this.slowestCost - cost) }, (_, step) => cost + step);
    return costs.map((each) => decoyAt(each, password));
  }

  private async waste(password: string, caller: HashCaller): Promise<false> {
    const { input, salt } = decoyAt(this.slowestCost, password);
    await this.pool.compare(input, salt + DECOY_DIGEST, caller);
    return false;
  }
}

function decoyAt(cost: number, password: string): Decoy {
  const salt = bcrypt.genSaltSync(cost);
  return { salt, input: schemeFor(password).inputFor(password, salt) };
}
