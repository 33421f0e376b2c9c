import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { LinkEnd, LinkPurpose } from '../errors/link-fate.js';

/** What a secret is for. */
export type OneTimePurpose = LinkPurpose;

/** A secret that was mailed in a link and works once. */
@Entity('one_time_tokens')
@Index('one_time_tokens_token_hash_unique', ['tokenHash'], { unique: true })
@Index('one_time_tokens_user_id_purpose_index', ['userId', 'purpose'])
@Index('one_time_tokens_expires_at_index', ['expiresAt'])
@Index('one_time_tokens_changes_index', ['emailKey'], { where: `purpose = 'change_email' AND used_at IS NULL` })
export class OneTimeToken {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** Hex SHA-256 of the secret. */
  @Column({ name: 'token_hash', type: 'text' })
  tokenHash!: string;

  @Column({ type: 'text' })
  purpose!: OneTimePurpose;

  @Column({ name: 'user_id', type: 'integer' })
  userId!: number;

  /** The address it was mailed to, which is the one it confirms. */
  @Column({ type: 'text' })
  email!: string;

  /** The address in its canonical form. Null of links that an earlier version made. */
  @Column({ name: 'email_key', type: 'text', nullable: true })
  emailKey!: string | null;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: Date })
  expiresAt!: Date;

  @Column({ name: 'used_at', type: Date, nullable: true })
  usedAt!: Date | null;

  /** What ended it. Null while it works, once it has expired, and of what was ended by a version that did not note it. */
  @Column({ name: 'ended_because', type: 'text', nullable: true })
  endedBecause!: LinkEnd | null;
}
