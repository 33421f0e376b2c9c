import type { Principal } from '../auth/door.js';
import { ApiProperty } from '../contract-kit/openapi.js';
import type { AccountFacts } from '../users/account-facts.js';

/** The session that asks. */
class CurrentSessionDto {
  @ApiProperty({ format: 'uuid', example: '0b0ff6a6-0c5f-4f0e-9a77-4d8f0c0a1f57' })
  id!: string;

  @ApiProperty({ example: 'cookie', description: 'The contract through which it was opened.' })
  contract!: string;
}

/** My account. */
export class ProfileDto {
  @ApiProperty({ example: 1 })
  id!: number;

  @ApiProperty({ type: String, nullable: true, example: 'john' })
  username!: string | null;

  @ApiProperty({ type: String, nullable: true, format: 'email', example: 'john@doe.com' })
  email!: string | null;

  @ApiProperty({ example: true })
  email_verified!: boolean;

  @ApiProperty({ example: false })
  is_admin!: boolean;

  @ApiProperty({ example: false })
  has_pin!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-01-31T08:00:00.000Z' })
  created_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-02-01T08:00:00.000Z',
  })
  last_sign_in_at!: string | null;

  @ApiProperty({ type: CurrentSessionDto })
  session!: CurrentSessionDto;
}

/** An account as it is shown to its owner. */
export function profileDto(
  facts: AccountFacts,
  { sessionId, contract }: Pick<Principal, 'sessionId' | 'contract'>,
): ProfileDto {
  return {
    id: facts.id,
    username: facts.username,
    email: facts.email,
    email_verified: facts.emailVerifiedAt !== null,
    is_admin: facts.isAdmin,
    has_pin: facts.hasPin,
    created_at: facts.createdAt.toISOString(),
    last_sign_in_at: facts.lastSignInAt?.toISOString() ?? null,
    session: { id: sessionId, contract },
  };
}
