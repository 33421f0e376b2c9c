import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { at } from '../contract-kit/dto.js';

/** The body of a request for another link. */
export class ResendDto {
  @ApiProperty({ example: 'john@doe.com', format: 'email' })
  @IsString(at(1, 'Must be a text.'))
  email!: string;
}
