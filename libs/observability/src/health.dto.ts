import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';

const CHECKS: ApiPropertyOptions = {
  type: 'object',
  description: 'Results by name of the check. The check `providers` contains a status for each provider',
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

/** The result of the checks, in the format of @nestjs/terminus. */
export class HealthDto {
  @ApiProperty({ enum: ['ok', 'error', 'shutting_down'] })
  readonly status: string;
  @ApiPropertyOptional({ ...CHECKS, description: 'The checks that passed' })
  readonly info?: object;
  @ApiPropertyOptional({ ...CHECKS, description: 'The checks that failed' })
  readonly error?: object;
  @ApiPropertyOptional({ ...CHECKS, description: `${CHECKS.description}. Strangers do not see them in /healthz` })
  readonly details?: object;
}
