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

  /** When it was published. */
  @Column({ name: 'created_at', type: Date })
  createdAt!: Date;

  /** When it begins to sign, unless a later key already does. */
  @Column({ name: 'signs_from', type: Date })
  signsFrom!: Date;

  /** The longest life of a token that it may have signed, in seconds. */
  @Column({ name: 'token_seconds', type: 'integer' })
  tokenSeconds!: number;

  /** When it was withdrawn before its time. */
  @Column({ name: 'revoked_at', type: Date, nullable: true })
  revokedAt!: Date | null;
}
