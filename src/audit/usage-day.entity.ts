import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How much a contract was used on one day. */
@Entity('usage_days')
export class UsageDay {
  /** The day in UTC, as `YYYY-MM-DD`. */
  @PrimaryColumn({ type: 'text' })
  day!: string;

  @PrimaryColumn({ type: 'text' })
  contract!: string;

  @Column({ type: 'integer' })
  registrations!: number;

  @Column({ name: 'sign_ins', type: 'integer' })
  signIns!: number;

  @Column({ type: 'integer' })
  refreshes!: number;

  /** Every request to one of the contract's routes, refused ones included. */
  @Column({ type: 'integer' })
  requests!: number;
}
