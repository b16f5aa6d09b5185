import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';

const CHECKS: ApiPropertyOptions = {
  type: 'object',
  description: 'By the name of the check; providers have a status for each of them',
  additionalProperties: {
    type: 'object',
    required: ['status'],
    properties: { status: { type: 'string', enum: ['up', 'down'] } },
    additionalProperties: true,
  },
};

export class LiveDto {
  @ApiProperty({ enum: ['ok'] })
  readonly status: 'ok';
}

/** As @nestjs/terminus answers. */
export class HealthDto {
  @ApiProperty({ enum: ['ok', 'error', 'shutting_down'] })
  readonly status: string;
  @ApiPropertyOptional({ ...CHECKS, description: 'The checks that passed' })
  readonly info?: object;
  @ApiPropertyOptional({ ...CHECKS, description: 'The checks that failed' })
  readonly error?: object;
  @ApiProperty(CHECKS)
  readonly details: object;
}
