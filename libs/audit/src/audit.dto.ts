import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsRFC3339, IsString, Length, Matches, MaxLength } from 'class-validator';
import { PrincipalDto } from '@manifold/auth';
import { IfGiven } from '@manifold/rest';
import { OUTCOMES } from './audit-entry.js';

export class AuditFilterDto {
  /** Start of the time range, inclusive (RFC 3339). */
  @IfGiven()
  @IsString()
  @IsRFC3339()
  from?: string;

  /** End of the time range, inclusive (RFC 3339). */
  @IfGiven()
  @IsString()
  @IsRFC3339()
  to?: string;

  /** Subject of a principal, or its tenant, issuer and subject as a JSON array. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  principal?: string;

  /**
   * Action: `tools/call`, `authenticate`, `oauth/connect`, `oauth/disconnect`, method and route of a REST request, such as
   * `POST /mcp/servers`, or a command, such as `admin create-key`.
   */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  action?: string;

  /** Name of the registered server or the integration. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  server?: string;

  /** Name of the tool inside the server. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  tool?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IfGiven()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  /** Request id, as in the process log and in `X-Request-Id` of the response. */
  @IfGiven()
  @IsString()
  @Length(1, 64)
  requestId?: string;
}

export class AuditQueryDto extends AuditFilterDto {
  /** Maximum number of entries in the response, 1 to 1000. Default: 100. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IfGiven()
  @IsString()
  @Matches(/^([1-9]\d{0,2}|1000)$/, { message: 'limit must be a whole number from 1 to 1000' })
  limit?: string;

  /** `nextCursor` of the previous response, with the same filter. */
  @IfGiven()
  @IsString()
  @MaxLength(400)
  cursor?: string;
}

/** An action that was done or attempted through the gateway. */
export class AuditEntryDto {
  id: string;

  /** Time at which the action ended (RFC 3339). */
  time: string;
  tenant: string;

  /** The caller. Missing if it was not identified. */
  principal?: PrincipalDto;

  /** Service that acted for the principal. */
  actor?: PrincipalDto;

  /** Authentication method: `jwt`, `api-key` or `development`; `command-line` for a user of the operating system who ran a command. */
  authMethod?: string;

  action: string;

  /** Object of the action: `name=value` pairs of the route and the body. */
  resource?: string;
  server?: string;
  tool?: string;

  /** Decision of the gateway: `allowed` or `denied`. */
  decision: string;

  /** Outcome: `ok`, `failed` or `refused`. */
  outcome: string;

  /** Reason for a failure or refusal: a code of the gateway, or an HTTP status. */
  code?: string;

  /**
   * The reason in words: the code and the message of the answer, for tool calls also the start of what the server says, without arguments.
   * Refusals that are counted in one entry have the reason of the first.
   */
  reason?: string;

  /** Duration in milliseconds. */
  ms?: number;

  /** Size of the request body in bytes, from `Content-Length`. */
  bytes?: number;

  /** Address from which the request came. */
  source?: string;
  requestId?: string;

  /** Host name of the gateway replica that wrote the entry. */
  replica: string;

  /** Digest of the arguments. Calls with equal arguments have equal digests; the digest reveals nothing else about them. */
  argumentsHash?: string;

  /** Number of similar refusals that this entry stands for. */
  count?: number;
}

export class AuditPageDto {
  success: boolean;

  /** Entries, newest first. A page may be shorter than its limit, or empty, if many entries had to be examined. */
  entries: AuditEntryDto[];

  /** Cursor of the next page. Missing if there are no older entries. */
  nextCursor?: string;
}
