import { type MigrationInterface, type QueryRunner, type Table } from 'typeorm';
import { columnTypes } from '../column-types.js';
import { optional, table } from './table.js';

/** The mails that wait to be sent. */
export class Mails1764500100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(mails(runner));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('mails');
  }
}

function mails(runner: QueryRunner): Table {
  const { uuid, time } = columnTypes(runner);
  return table('mails', {
    columns: {
      id: { type: uuid, isPrimary: true },
      owner_key: { type: 'text' },
      site_key: { type: 'text' },
      domain_key: { type: 'text' },
      group_key: optional('text'),
      is_of_stranger: { type: 'boolean' },
      sealed: { type: 'text' },
      created_at: { type: time },
      next_try_at: { type: time },
      tries: { type: 'integer' },
      turn: { type: 'integer' },
    },
    indices: [['next_try_at'], ['tries', 'turn'], ['owner_key'], ['site_key'], ['domain_key'], ['group_key']],
  });
}
