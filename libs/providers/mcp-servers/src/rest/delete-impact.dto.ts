import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Data and processes that are removed when a server is deleted. Other parts of the gateway may add members. */
export class DeleteImpactDto {
  server: string;

  /** Number of users who have stored secrets for the server. */
  usersWithSecrets: number;

  /** Number of secrets that all users have stored for the server. */
  secrets: number;

  /**
   * Number of sessions with an HTTP server, on the replica that answers: the shared session, or the connections of single users. 0 for a
   * stdio server.
   */
  sessions: number;

  /** Number of tools that the server offers. */
  tools: number;

  /** Number of running processes that would be stopped, on the replica that answers. 0 for an HTTP server. */
  processes: number;

  /** The package that the server was installed from. Absent if the server does not come from a package. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  package?: Record<string, unknown>;
}

export class DeleteImpactAnswerDto {
  success: boolean;

  @ApiProperty({ type: DeleteImpactDto })
  impact: DeleteImpactDto;
}
