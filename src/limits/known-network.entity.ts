import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A network from which an account has signed in. */
@Entity('known_networks')
@Index('known_networks_last_sign_in_at_index', ['lastSignInAt'])
export class KnownNetwork {
  @PrimaryColumn({ name: 'user_id', type: 'integer' })
  userId!: number;

  @PrimaryColumn({ type: 'text' })
  network!: string;

  @Column({ name: 'last_sign_in_at', type: Date })
  lastSignInAt!: Date;
}
