import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Whether an account may be used: pending ones have yet to verify their e-mail, deactivated ones may not. */
export type AccountStatus = 'pending' | 'active' | 'deactivated';

/** An account. Its id is never reused. */
@Entity('users')
@Index('users_username_key_unique', ['usernameKey'], { unique: true })
@Index('users_email_key_unique', ['emailKey'], { unique: true, where: 'email_verified_at IS NOT NULL' })
@Index('users_email_claims_index', ['emailKey', 'emailClaimedAt', 'id'], { where: 'email_verified_at IS NULL' })
@Index('users_trusted_claims_index', ['id'], {
  where: 'email_verified_at IS NOT NULL AND email_claimed_at IS NOT NULL',
})
@Index('users_status_created_at_index', ['status', 'createdAt'])
@Index('users_epoch_moved_at_index', ['epochMovedAt'])
@Index('users_deleted_at_index', ['deletedAt'], { where: 'deleted_at IS NOT NULL' })
@Index('users_status_id_index', ['status', 'id'])
@Index('users_is_admin_id_index', ['isAdmin', 'id'])
// In byte order, for searches by a beginning; the migration makes them where the other indices are not.
@Index('users_username_key_prefix_index', { synchronize: false })
@Index('users_email_key_prefix_index', { synchronize: false })
@Index('users_status_username_key_prefix_index', { synchronize: false })
@Index('users_status_email_key_prefix_index', { synchronize: false })
// Of the parts of names, on PostgreSQL; SQLite has the full-text index `account_names`.
@Index('users_name_parts_index', { synchronize: false })
export class User {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** As typed. */
  @Column({ type: 'text', nullable: true })
  username!: string | null;

  /** The canonical form, by which it is found and unique. */
  @Column({ name: 'username_key', type: 'text', nullable: true })
  usernameKey!: string | null;

  /** As typed. */
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  /** The canonical form, by which it is found. Unique among those that are proved. */
  @Column({ name: 'email_key', type: 'text', nullable: true })
  emailKey!: string | null;

  /** Other spellings than the key, for operators who search for a part of one. */
  @Column({ name: 'email_spellings', type: 'text', nullable: true })
  emailSpellings!: string | null;

  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;

  @Column({ name: 'is_admin', type: 'boolean' })
  isAdmin!: boolean;

  @Column({ type: 'text' })
  status!: AccountStatus;

  @Column({ name: 'email_verified_at', type: Date, nullable: true })
  emailVerifiedAt!: Date | null;

  /**
   * When the account claimed its address; null once a mailed link or an operator proved it. With `EMAIL_VERIFICATION=off`
   * the claim is the proof, and the address both claimed and verified.
   */
  @Column({ name: 'email_claimed_at', type: Date, nullable: true })
  emailClaimedAt!: Date | null;

  /** The door through which it was claimed, if that is known. */
  @Column({ name: 'email_claimed_through', type: 'text', nullable: true })
  emailClaimedThrough!: string | null;

  @Column({ name: 'pin_hash', type: 'text', nullable: true })
  pinHash!: string | null;

  @Column({ name: 'pin_failures', type: 'integer' })
  pinFailures!: number;

  @Column({ name: 'pin_locked_until', type: Date, nullable: true })
  pinLockedUntil!: Date | null;

  /** When the PIN was set. A proof of a PIN counts only if it is later, but in the session that set it. */
  @Column({ name: 'pin_set_at', type: Date, nullable: true })
  pinSetAt!: Date | null;

  /** The session that set the PIN. */
  @Column({ name: 'pin_set_in', type: 'uuid', nullable: true })
  pinSetIn!: string | null;

  /** Goes up when the account's sessions end. Only sessions of this epoch count, and the one that was kept. */
  @Column({ name: 'security_epoch', type: Number })
  securityEpoch!: number;

  /** When the epoch last went up, by the database's clock. */
  @Column({ name: 'epoch_moved_at', type: Date, nullable: true })
  epochMovedAt!: Date | null;

  /** Why the epoch last went up. */
  @Column({ name: 'epoch_because', type: 'text', nullable: true })
  epochBecause!: string | null;

  /** The session that was kept when the epoch last went up. */
  @Column({ name: 'kept_session_id', type: 'uuid', nullable: true })
  keptSessionId!: string | null;

  /** When the account was deleted. The row stays, emptied, until no token of it can be alive. */
  @Column({ name: 'deleted_at', type: Date, nullable: true })
  deletedAt!: Date | null;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: Date })
  updatedAt!: Date;

  @Column({ name: 'last_sign_in_at', type: Date, nullable: true })
  lastSignInAt!: Date | null;
}
