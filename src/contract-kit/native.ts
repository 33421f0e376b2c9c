import { readJson } from './body.js';
import { ApiProperty, ApiPropertyOptional } from './openapi.js';
import { PROBLEM_DETAILS } from './problem-details.js';

/** A field that broke a rule. */
class FieldProblemDto {
  @ApiProperty({ example: 'email' })
  field!: string;

  @ApiProperty({ example: 'Must be an e-mail address.' })
  detail!: string;
}

/** Every refusal of the native routes (RFC 9457). */
export class ProblemDto {
  @ApiProperty({ example: 'about:blank' })
  type!: string;

  @ApiProperty({ example: 'The body could not be parsed.' })
  title!: string;

  @ApiProperty({ example: 400 })
  status!: number;

  @ApiProperty({ example: 'body_malformed', description: 'Stable: programs compare this.' })
  code!: string;

  @ApiPropertyOptional({ type: [FieldProblemDto] })
  errors?: FieldProblemDto[];
}

/** How the native routes read bodies and word refusals: JSON of known fields only, and RFC 9457 problem details. */
export const NATIVE = {
  readFields: readJson,
  refusesUnknown: true,
  errors: PROBLEM_DETAILS,
  errorDtos: () => [ProblemDto],
};
