import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Why a session was ended before its time. */
export type RevocationReason =
  | 'signed_out'
  | 'tokens_cleared'
  | 'password_changed'
  | 'refresh_token_reused'
  | 'account_deactivated'
  | 'account_deleted'
  | 'session_limit';

/** One sign-in through one contract, whatever tokens it was given. */
@Entity('sessions')
@Index('sessions_secret_hash_unique', ['secretHash'], { unique: true })
@Index('sessions_user_id_id_index', ['userId', 'id'])
@Index('sessions_live_index', ['userId', 'securityEpoch', 'createdAt', 'id'], { where: 'revoked_at IS NULL' })
@Index('sessions_created_at_id_index', ['createdAt', 'id'], { where: 'revoked_at IS NULL' })
@Index('sessions_contract_created_at_id_index', ['contract', 'createdAt', 'id'], { where: 'revoked_at IS NULL' })
@Index('sessions_expires_at_index', ['expiresAt'])
@Index('sessions_revoked_at_index', ['revokedAt'])
export class Session {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId!: number;

  @Column({ type: 'text' })
  contract!: string;

  /** The account's epoch at sign-in. The session counts while the two are equal, or if the account kept it. */
  @Column({ name: 'security_epoch', type: Number })
  securityEpoch!: number;

  /** How often its refresh token was rotated. */
  @Column({ type: 'integer' })
  generation!: number;

  /** When its refresh token was rotated last, at first when it was created; exact to the millisecond. */
  @Column({ name: 'rotated_at', type: Date })
  rotatedAt!: Date;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  @Column({ name: 'last_seen_at', type: Date })
  lastSeenAt!: Date;

  /** When it ends by itself: fixed at sign-in, or for opaque tokens pushed on by use. No token outlives it. */
  @Column({ name: 'expires_at', type: Date })
  expiresAt!: Date;

  @Column({ name: 'revoked_at', type: Date, nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'revoked_because', type: 'text', nullable: true })
  revokedBecause!: RevocationReason | null;

  /** Hex SHA-256 of the opaque token, for sessions that have one. */
  @Column({ name: 'secret_hash', type: 'text', nullable: true })
  secretHash!: string | null;

  /** When the PIN was last proved in this session. */
  @Column({ name: 'pin_proved_at', type: Date, nullable: true })
  pinProvedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  ip!: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;
}
