import { ApiProperty } from '../contract-kit/openapi.js';
import type { AccountFacts } from '../users/account-facts.js';

const STATUSES = ['pending', 'active', 'deactivated'] as const;

/** An account as administrators see it. */
export class UserDto {
  @ApiProperty({ example: 1 })
  id!: number;

  @ApiProperty({ type: String, nullable: true, example: 'john' })
  username!: string | null;

  @ApiProperty({ type: String, nullable: true, format: 'email', example: 'john@doe.com' })
  email!: string | null;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', example: '2026-01-31T08:05:00.000Z' })
  email_verified_at!: string | null;

  @ApiProperty({ example: false })
  is_admin!: boolean;

  @ApiProperty({ enum: STATUSES, example: 'active' })
  status!: (typeof STATUSES)[number];

  @ApiProperty({ example: false })
  has_pin!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-01-31T08:00:00.000Z' })
  created_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-31T08:05:00.000Z' })
  updated_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-02-01T08:00:00.000Z',
    description: 'Null until the first sign-in; registering is none.',
  })
  last_sign_in_at!: string | null;
}

/** A page of accounts. */
export class UsersDto {
  @ApiProperty({ type: [UserDto] })
  users!: UserDto[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The `cursor` of the next page, if any.' })
  next_cursor!: string | null;
}

/** An account as it is answered. */
export function userDto(facts: AccountFacts): UserDto {
  return {
    id: facts.id,
    username: facts.username,
    email: facts.email,
    email_verified_at: facts.emailVerifiedAt?.toISOString() ?? null,
    is_admin: facts.isAdmin,
    status: facts.status,
    has_pin: facts.hasPin,
    created_at: facts.createdAt.toISOString(),
    updated_at: facts.updatedAt.toISOString(),
    last_sign_in_at: facts.lastSignInAt?.toISOString() ?? null,
  };
}
