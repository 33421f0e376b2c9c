import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key that signs access tokens. */
@Entity('signing_keys')
@Index('signing_keys_sequence_unique', ['sequence'], { unique: true })
export class SigningKey {
  /** Its JWK thumbprint (RFC 7638). */
  @PrimaryColumn({ type: 'text' })
  kid!: string;

  /** Its place in the line of keys; unique, so that instances that start together agree on one. */
  @Column({ type: 'integer' })
  sequence!: number;

  @Column({ type: 'text' })
  algorithm!: 'ES256' | 'RS256';

  @Column({ name: 'public_jwk', type: 'text' })
  publicJwk!: string;

  /** The private half, sealed under a key derived from the service secret. */
  @Column({ name: 'sealed_private_key', type: 'text' })
  sealedPrivateKey!: string;

  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;
}
