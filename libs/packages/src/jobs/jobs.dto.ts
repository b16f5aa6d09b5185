import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Reason why a job failed. */
export class JobErrorDto {
  /** HTTP status that the synchronous request would have returned. */
  status: number;

  /** Error code, for programs. */
  code: string;
  message: string;
}

/** Long-running work: its progress and, after its end, its outcome. A job is kept for a day after its start. */
export class JobDto {
  id: string;

  @ApiProperty({ enum: ['install', 'upgrade', 'upgrade-all', 'check-updates'] })
  kind: 'install' | 'upgrade' | 'upgrade-all' | 'check-updates';

  /** Server of the job, if it concerns a single server. */
  serverName?: string;

  @ApiProperty({ enum: ['running', 'succeeded', 'failed'] })
  status: 'running' | 'succeeded' | 'failed';

  /** Progress, 0 to 100. */
  percent: number;

  /** Description of the current step. */
  step: string;

  /** Last output lines of the installing programs. */
  log: string[];

  /** Response body that the synchronous request would have returned. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  result?: unknown;

  error?: JobErrorDto;
  createdAt: string;
  endedAt?: string;
}

export class JobAnswerDto {
  success: boolean;
  job: JobDto;
}

export class JobsAnswerDto {
  success: boolean;
  jobs: JobDto[];
}
