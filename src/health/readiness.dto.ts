import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '../contract-kit/openapi.js';

/** How one part is. */
export class PartDto {
  @ApiProperty({
    enum: ['up', 'degraded', 'down'],
    example: 'up',
    description: '`degraded` is a database that answers and takes no writes.',
  })
  status!: 'up' | 'degraded' | 'down';

  @ApiPropertyOptional({ example: 2, description: 'How long it took to answer, in milliseconds.' })
  responseTime?: number;
}

const PARTS = { type: 'object', additionalProperties: { $ref: getSchemaPath(PartDto) } } as const;

/** Whether the service can serve, and what it is made of. */
export class ReadinessDto {
  @ApiProperty({ enum: ['ok', 'degraded', 'error', 'shutting_down'], example: 'ok' })
  status!: string;

  @ApiProperty({ ...PARTS, description: 'The parts that are not down.' })
  info!: Record<string, PartDto>;

  @ApiProperty({ ...PARTS, description: 'The parts that are down.' })
  error!: Record<string, PartDto>;

  @ApiProperty({ ...PARTS, description: 'All parts.' })
  details!: Record<string, PartDto>;
}

const UP: PartDto = { status: 'up' };
const DATABASE: PartDto = { status: 'up', responseTime: 2 };
const NO_DATABASE: PartDto = { status: 'down', responseTime: 1000 };

/** An answer of a service that can serve. */
export const READY: ReadinessDto = {
  status: 'ok',
  info: { database: DATABASE, keys: UP, revocations: UP },
  error: {},
  details: { database: DATABASE, keys: UP, revocations: UP },
};

/** An answer of a service that cannot, because its database does not answer. */
export const NOT_READY: ReadinessDto = {
  status: 'error',
  info: { keys: UP, revocations: UP },
  error: { database: NO_DATABASE },
  details: { keys: UP, revocations: UP, database: NO_DATABASE },
};
