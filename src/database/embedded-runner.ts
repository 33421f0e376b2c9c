import type { DataSource } from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { BusyQueue } from './busy-queue.js';

/** TypeORM's one runner on the embedded database, behind which the statements of repositories run too. */
export class EmbeddedRunner extends BetterSqlite3QueryRunner {
  /** What every statement on the connection goes through. */
  readonly busy = new BusyQueue();

  /** Gives a data source of the embedded database its runner, before it is opened. */
  static serve(dataSource: DataSource): void {
    const driver = dataSource.driver as unknown as BetterSqlite3Driver;
    driver.queryRunner = new EmbeddedRunner(driver);
  }

  static of(dataSource: DataSource): EmbeddedRunner {
    return dataSource.createQueryRunner() as EmbeddedRunner;
  }

  override async query(
    ...given: Parameters<BetterSqlite3QueryRunner['query']>
  ): ReturnType<BetterSqlite3QueryRunner['query']> {
    return this.busy.run(given[0], () => super.query(...given));
  }
}
