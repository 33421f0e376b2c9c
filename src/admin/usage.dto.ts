import type { UsageOfDay } from '../audit/usage-report.js';
import { Check } from '../contract-kit/dto.js';
import { ApiProperty, ApiPropertyOptional } from '../contract-kit/openapi.js';
import { CheckOptional } from '../contract-kit/query.js';
import { isDay } from './times.js';

const DAY_MS = 86_400_000;

/** How many days one answer tells of at most, and of how many if nobody says. */
const MOST_DAYS = 366;
const DEFAULT_DAYS = 30;

/** The query of the usage. */
export class UsageQueryDto {
  @ApiPropertyOptional({ format: 'date', description: 'The first day; 29 days before `to`.' })
  @CheckOptional(1, 'Must be a day as YYYY-MM-DD.', isDay)
  from?: string;

  @ApiPropertyOptional({ format: 'date', description: 'The last day; today, if missing.' })
  @CheckOptional(1, 'Must be a day as YYYY-MM-DD.', isDay)
  @Check(2, `Must not be more than ${MOST_DAYS} days from the first day.`, (to, dto) => isShort(dto, to))
  to?: string;
}

/** The days that the query asks for; the default is up to a day that the caller knows as today. */
export function daysAsked({ from, to }: UsageQueryDto, today: Date): { from: string; to: string } {
  const last = to ?? dayOf(from === undefined ? today.getTime() : Math.max(today.getTime(), Date.parse(from)));
  return { from: from ?? dayOf(Date.parse(last) - (DEFAULT_DAYS - 1) * DAY_MS), to: last };
}

/** How much a contract was used on one day. */
export class UsageOfDayDto {
  @ApiProperty({ format: 'date', example: '2026-01-31', description: 'In UTC.' })
  day!: string;

  @ApiProperty({ example: 'cookie' })
  contract!: string;

  @ApiProperty({ example: 3 })
  registrations!: number;

  @ApiProperty({ example: 41 })
  sign_ins!: number;

  @ApiProperty({ example: 380 })
  refreshes!: number;

  @ApiProperty({ example: 1204, description: 'Every request to one of its routes, refused ones included.' })
  requests!: number;
}

/** How much the contracts were used; days without any use of a contract are left out. */
export class UsageDto {
  @ApiProperty({ type: [UsageOfDayDto] })
  days!: UsageOfDayDto[];
}

/** Usage as it is answered. */
export function usageDto(days: readonly UsageOfDay[]): UsageDto {
  return { days: [...days] };
}

function isShort({ from }: UsageQueryDto, to: unknown): boolean {
  if (from === undefined || typeof to !== 'string') return true;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  return !(days >= MOST_DAYS);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
