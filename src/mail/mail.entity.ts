import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A mail that waits to be sent. */
@Entity('mails')
@Index('mails_next_try_at_index', ['nextTryAt'])
@Index('mails_tries_turn_index', ['tries', 'turn'])
@Index('mails_owner_key_index', ['ownerKey'])
@Index('mails_site_key_index', ['siteKey'])
@Index('mails_domain_key_index', ['domainKey'])
@Index('mails_group_key_index', ['groupKey'])
export class WaitingMail {
  /** A UUID of version 7, which is also its Message-ID. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** Whose mail it is, hashed: the account's, or of a mail that is asked for by address, that address's. */
  @Column({ name: 'owner_key', type: 'text' })
  ownerKey!: string;

  /** The site that asked for it, hashed. */
  @Column({ name: 'site_key', type: 'text' })
  siteKey!: string;

  /** The recipient's domain without subdomains, hashed. */
  @Column({ name: 'domain_key', type: 'text' })
  domainKey!: string;

  /** What it may be put together with: notices of one kind to one address. */
  @Column({ name: 'group_key', type: 'text', nullable: true })
  groupKey!: string | null;

  /** True if it was asked for by somebody who need not be signed in. */
  @Column({ name: 'is_of_stranger', type: 'boolean' })
  isOfStranger!: boolean;

  /** What is to be sent, sealed under the service secret; empty for the mark of a notice that was sent. */
  @Column({ type: 'text' })
  sealed!: string;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  /** When it is tried next. Whoever tries it puts this off first, so that no other instance does. */
  @Column({ name: 'next_try_at', type: Date })
  nextTryAt!: Date;

  /** How often it was tried. */
  @Column({ type: 'integer' })
  tries!: number;

  /** Its place among those that were never tried: owners, sites and domains take turns. */
  @Column({ type: 'integer' })
  turn!: number;
}
