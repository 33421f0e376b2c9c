import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keeps what ended a mailed link, so that its page can say so. Of links that ended before, nobody knows. */
export class LinkEnds1764600500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE one_time_tokens ADD COLUMN ended_because text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE one_time_tokens DROP COLUMN ended_because');
  }
}
