import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets one row of the audit trail stand for several acts. */
export class CountedEvents1764500200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_events ADD COLUMN count integer NOT NULL DEFAULT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_events DROP COLUMN count');
  }
}
