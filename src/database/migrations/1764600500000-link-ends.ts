import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keeps what ended a mailed link, so that its page can say so; of links that ended before, nobody knows. And keeps the
 * canonical form of a link's address, by which others find that it competes with theirs; older links do not.
 */
export class LinkEnds1764600500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE one_time_tokens ADD COLUMN ended_because text');
    await runner.query('ALTER TABLE one_time_tokens ADD COLUMN email_key text');
    await runner.query(
      `CREATE INDEX one_time_tokens_changes_index ON one_time_tokens (email_key)
       WHERE purpose = 'change_email' AND used_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX one_time_tokens_changes_index');
    await runner.query('ALTER TABLE one_time_tokens DROP COLUMN email_key');
    await runner.query('ALTER TABLE one_time_tokens DROP COLUMN ended_because');
  }
}
