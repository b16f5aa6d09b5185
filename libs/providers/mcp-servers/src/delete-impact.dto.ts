import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What goes with a server when it is deleted. Other parts of the gateway add members of their own. */
export class DeleteImpactDto {
  server: string;

  /** Users who have secrets for the server. */
  usersWithSecrets: number;

  /** Secrets of all users for the server. */
  secrets: number;

  /** Sessions with an HTTP server: the one that would be resumed, or those of single users. */
  sessions: number;

  /** Tools that nobody can use any more. */
  tools: number;

  /** Processes that run and would be stopped. */
  processes: number;

  /** The package that the server came from, where it did. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  package?: Record<string, unknown>;
}

export class DeleteImpactAnswerDto {
  success: boolean;

  @ApiProperty({ type: DeleteImpactDto })
  impact: DeleteImpactDto;
}
