import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The indices of the lists of all sessions and of a trail that is asked for by what else it knows. */
const INDICES = {
  sessions_created_at_id_index: 'sessions (created_at, id) WHERE revoked_at IS NULL',
  sessions_contract_created_at_id_index: 'sessions (contract, created_at, id) WHERE revoked_at IS NULL',
  audit_events_refusal_id_index: 'audit_events (refusal, id) WHERE refusal IS NOT NULL',
  audit_events_ip_id_index: 'audit_events (ip, id) WHERE ip IS NOT NULL',
  audit_events_actor_name_id_index: 'audit_events (actor, id) WHERE actor IS NOT NULL',
  audit_events_identifier_hash_id_index: 'audit_events (identifier_hash, id) WHERE identifier_hash IS NOT NULL',
  audit_events_door_id_index: 'audit_events (door, id)',
};

/** Lets operators list the sessions of all accounts, and filter the trail by refusal, address, contract and client. */
export class HelpDeskLists1764506100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, of] of Object.entries(INDICES)) await runner.query(`CREATE INDEX ${name} ON ${of}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDICES)) await runner.query(`DROP INDEX ${name}`);
  }
}
