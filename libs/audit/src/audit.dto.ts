import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsRFC3339, IsString, Length, Matches, MaxLength } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { OUTCOMES } from './audit-entry.js';

export class AuditFilterDto {
  /** Not before this time (RFC 3339). */
  @IfGiven()
  @IsString()
  @IsRFC3339()
  from?: string;

  /** Not after this time (RFC 3339). */
  @IfGiven()
  @IsString()
  @IsRFC3339()
  to?: string;

  /** The subject of a principal, or its tenant, issuer and subject as a JSON array. */
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  principal?: string;

  /** `tools/call`, `authenticate`, `oauth/connect`, `oauth/disconnect`, or method and route of a REST request, such as `POST /mcp/servers`. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  action?: string;

  /** The registered server or the integration. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  server?: string;

  /** Its name inside the server. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  tool?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IfGiven()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  /** As in the log, and in `X-Request-Id` of the answer. */
  @IfGiven()
  @IsString()
  @Length(1, 64)
  requestId?: string;
}

export class AuditQueryDto extends AuditFilterDto {
  /** Entries of one answer, 1 to 1000; 100 unless given. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IfGiven()
  @IsString()
  @Matches(/^([1-9]\d{0,2}|1000)$/, { message: 'limit must be a whole number from 1 to 1000' })
  limit?: string;

  /** `nextCursor` of the answer before, with the same filter. */
  @IfGiven()
  @IsString()
  @MaxLength(400)
  cursor?: string;
}

/** Something that was done, or was to be done, through the gateway. */
export class AuditEntryDto {
  id: string;

  /** RFC 3339. */
  time: string;
  tenant: string;

  /** Who: tenant, issuer and subject as a JSON array. Missing where nobody was recognised. */
  principal?: string;

  /** The service that acted for the principal. */
  actor?: string;

  /** `jwt`, `api-key` or `development`. */
  authMethod?: string;

  action: string;

  /** What it was done to: `name=value` pairs of the route and the body. */
  resource?: string;
  server?: string;
  tool?: string;

  /** `allowed` or `denied`, by the gateway. */
  decision: string;

  /** `ok`, `failed` or `refused`. */
  outcome: string;

  /** Why it failed or was refused. */
  code?: string;

  /** Duration in milliseconds. */
  ms?: number;

  /** Of the request's body. */
  bytes?: number;

  /** Address from which the request came. */
  source?: string;
  requestId?: string;

  /** Host name of the gateway that wrote it. */
  replica: string;

  /** Equal for calls with equal arguments, and says nothing else of them. */
  argumentsHash?: string;

  /** Stands for so many that were alike. */
  count?: number;
}

export class AuditPageDto {
  success: boolean;

  /** Newest first. A page may be shorter than its limit, or empty, where much had to be looked through. */
  entries: AuditEntryDto[];

  /** Where the next page begins. Missing: there is nothing older. */
  nextCursor?: string;
}
