import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditKind } from './audit-kinds.js';

/** One line of the audit trail. Rows are only ever added, and removed once they are old enough. */
@Entity('audit_events')
@Index('audit_events_account_id_id_index', ['accountId', 'id'])
@Index('audit_events_actor_id_id_index', ['actorId', 'id'])
@Index('audit_events_kind_id_index', ['kind', 'id'])
@Index('audit_events_refusal_id_index', ['refusal', 'id'], { where: 'refusal IS NOT NULL' })
@Index('audit_events_ip_id_index', ['ip', 'id'], { where: 'ip IS NOT NULL' })
@Index('audit_events_actor_name_id_index', ['actor', 'id'], { where: 'actor IS NOT NULL' })
@Index('audit_events_identifier_hash_id_index', ['identifierHash', 'id'], { where: 'identifier_hash IS NOT NULL' })
@Index('audit_events_door_id_index', ['door', 'id'])
export class AuditEvent {
  /** A UUID of version 7 (RFC 9562 §5.7): ids are in the order of time. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: Date })
  at!: Date;

  @Column({ type: 'text' })
  kind!: AuditKind;

  /** The code of the refusal, or null for an act that succeeded. */
  @Column({ type: 'text', nullable: true })
  refusal!: string | null;

  /** The account that it was done to. */
  @Column({ name: 'account_id', type: 'integer', nullable: true })
  accountId!: number | null;

  /** The account that did it. */
  @Column({ name: 'actor_id', type: 'integer', nullable: true })
  actorId!: number | null;

  /** Who did it that is no account: a service client's id, `command line` or `service`. */
  @Column({ type: 'text', nullable: true })
  actor!: string | null;

  /** A name that belongs to no account, as an HMAC: people type passwords into the wrong field. */
  @Column({ name: 'identifier_hash', type: 'text', nullable: true })
  identifierHash!: string | null;

  /** The contract or the part of the native API through which it was done. */
  @Column({ type: 'text' })
  door!: string;

  @Column({ name: 'session_id', type: 'uuid', nullable: true })
  sessionId!: string | null;

  @Column({ type: 'text', nullable: true })
  ip!: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;

  /** Number of acts that the event stands for. */
  @Column({ type: 'integer', default: 1 })
  count!: number;

  /** What else there is to say, as JSON. */
  @Column({ type: 'text', nullable: true })
  detail!: string | null;
}
