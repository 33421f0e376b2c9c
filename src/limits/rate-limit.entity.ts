import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How much of one budget is spent. */
@Entity('rate_limits')
@Index('rate_limits_expires_at_index', ['expiresAt'])
export class RateLimit {
  /** Which budget of whom. */
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'integer' })
  points!: number;

  /** When the budget is whole again. */
  @Column({ name: 'expires_at', type: Date })
  expiresAt!: Date;
}
