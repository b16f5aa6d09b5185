import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Why a job failed. */
export class JobErrorDto {
  /** The HTTP status that the synchronous route would have had. */
  status: number;

  /** For programs. */
  code: string;
  message: string;
}

/** Long work: its progress while it runs, its outcome for a day. */
export class JobDto {
  id: string;

  @ApiProperty({ enum: ['install', 'upgrade', 'upgrade-all', 'check-updates'] })
  kind: 'install' | 'upgrade' | 'upgrade-all' | 'check-updates';

  /** The server that it is about, where it is about one. */
  serverName?: string;

  @ApiProperty({ enum: ['running', 'succeeded', 'failed'] })
  status: 'running' | 'succeeded' | 'failed';

  /** 0 to 100. */
  percent: number;

  /** What is being done. */
  step: string;

  /** The last lines of the programs that do the work. */
  log: string[];

  /** What the synchronous route would have answered. */
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
