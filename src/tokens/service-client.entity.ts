import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A service that may ask Latchkey about tokens. */
@Entity('service_clients')
export class ServiceClient {
  /** Its `client_id`: `svc_` and a random part. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** What its operator calls it. */
  @Column({ type: 'text' })
  name!: string;

  /** Hex SHA-256 of its secret, which has 256 random bits. */
  @Column({ name: 'secret_hash', type: 'text' })
  secretHash!: string;

  /** The scopes it may ask for, separated by spaces (RFC 6749 §3.3). */
  @Column({ type: 'text' })
  scopes!: string;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  @Column({ name: 'revoked_at', type: Date, nullable: true })
  revokedAt!: Date | null;
}
