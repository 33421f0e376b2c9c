import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Whether an account may be used: pending ones have yet to verify their e-mail, deactivated ones may not. */
export type AccountStatus = 'pending' | 'active' | 'deactivated';

/** An account. Its id is never given to another. */
@Entity('users')
@Index('users_username_key_unique', ['usernameKey'], { unique: true })
@Index('users_email_key_unique', ['emailKey'], { unique: true })
@Index('users_status_created_at_index', ['status', 'createdAt'])
@Index('users_revocation_due_index', ['revocationDue'])
@Index('users_status_id_index', ['status', 'id'])
@Index('users_is_admin_id_index', ['isAdmin', 'id'])
// In byte order, for searches by a beginning; the migration makes them where the other indices are not.
@Index('users_username_key_prefix_index', { synchronize: false })
@Index('users_email_key_prefix_index', { synchronize: false })
@Index('users_status_username_key_prefix_index', { synchronize: false })
@Index('users_status_email_key_prefix_index', { synchronize: false })
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

  /** The canonical form, by which it is found and unique. */
  @Column({ name: 'email_key', type: 'text', nullable: true })
  emailKey!: string | null;

  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;

  @Column({ name: 'is_admin', type: 'boolean' })
  isAdmin!: boolean;

  @Column({ type: 'text' })
  status!: AccountStatus;

  @Column({ name: 'email_verified_at', type: Date, nullable: true })
  emailVerifiedAt!: Date | null;

  @Column({ name: 'pin_hash', type: 'text', nullable: true })
  pinHash!: string | null;

  @Column({ name: 'pin_failures', type: 'integer' })
  pinFailures!: number;

  @Column({ name: 'pin_locked_until', type: Date, nullable: true })
  pinLockedUntil!: Date | null;

  /** Goes up when all sessions of before must end; a session counts only at its account's epoch. */
  @Column({ name: 'security_epoch', type: 'integer' })
  securityEpoch!: number;

  /** Why the sessions left behind the epoch still have to be revoked, between the two steps of doing so. */
  @Column({ name: 'revocation_due', type: 'text', nullable: true })
  revocationDue!: string | null;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: Date })
  updatedAt!: Date;

  @Column({ name: 'last_sign_in_at', type: Date, nullable: true })
  lastSignInAt!: Date | null;
}
