import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import {
  ISOLATIONS,
  ReconnectionOptionsDto,
  REPLICA_COUNTS,
  SECRET_CARRIERS,
  ServerAccessRulesDto,
  SERVER_NAME,
  SERVER_NAME_RULE,
  ServerLimitsDto,
  ServerSettingsDto,
  STRING_MAP,
  TRANSPORT_TYPES,
} from '@manifold/server-hosting';

/** Only the fields that are given are changed. Fields of the other transport have no effect. */
export class UpdateServerDto extends ServerSettingsDto {}

export class RegisterServerDto extends ServerSettingsDto {
  /** Unique in the tenant. */
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name: string;
}

/** The process, or connection, of one user. What it logs is shown to nobody. */
export class ServerInstanceDto {
  user: string;

  @ApiProperty({ enum: ['connected', 'connecting', 'disconnected', 'error'] })
  status: 'connected' | 'connecting' | 'disconnected' | 'error';

  /** ISO 8601. */
  since: string;
}

/** A registered server. Callers without the role `operator` see neither its settings nor its log. */
export class ServerDto {
  name: string;

  @ApiProperty({ enum: TRANSPORT_TYPES })
  transportType: (typeof TRANSPORT_TYPES)[number];

  displayName?: string;
  description?: string;

  @ApiProperty({ enum: ['connected', 'connecting', 'disconnected', 'error'] })
  status: 'connected' | 'connecting' | 'disconnected' | 'error';

  enabled: boolean;

  /** The tools as the server listed them last (MCP `Tool[]`). */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  toolsList: Record<string, unknown>[];

  command?: string;
  args?: string[];

  @ApiPropertyOptional(STRING_MAP)
  env?: Record<string, string>;

  url?: string;

  @ApiPropertyOptional(STRING_MAP)
  headers?: Record<string, string>;

  /** The HTTP session that is resumed after a restart of the gateway. */
  sessionId?: string;

  reconnectionOptions?: ReconnectionOptionsDto;

  @ApiPropertyOptional({ enum: ISOLATIONS })
  isolation?: (typeof ISOLATIONS)[number];

  @ApiPropertyOptional({ enum: SECRET_CARRIERS })
  secretsAs?: (typeof SECRET_CARRIERS)[number];

  /** The secrets that the server may get; not there: all that a user has stored for it. */
  secretNames?: string[];

  @ApiPropertyOptional(STRING_MAP)
  secretHeaders?: Record<string, string>;

  /** Milliseconds; not there: as the gateway is configured. */
  startupTimeout?: number;

  /** Milliseconds; not there: as the gateway is configured. */
  callTimeout?: number;

  limits?: ServerLimitsDto;

  /** Whether clients that can be asked get connections of their own. */
  lanes?: boolean;

  /** Of a stdio server: whether each replica of the gateway runs it, or one for all. */
  @ApiPropertyOptional({ enum: REPLICA_COUNTS })
  replicas?: (typeof REPLICA_COUNTS)[number];

  /** Who sees it; not there: everybody in the tenant. */
  access?: ServerAccessRulesDto;

  /** Why the server is not connected, or why its tools may be out of date; asked for by name: on any replica of the gateway. */
  lastError?: string;

  /** Those that serve single users, where each user has one. Asked for by name: on all replicas of the gateway. */
  @ApiPropertyOptional({ type: [ServerInstanceDto] })
  instances?: ServerInstanceDto[];

  /** The last lines that the server wrote: time, level and message. Asked for by name: on all replicas of the gateway, oldest first. */
  logs?: string[];

  createdAt?: string;
  updatedAt?: string;
}

export class ServerAnswerDto {
  success: boolean;
  server: ServerDto;
}

export class ServersAnswerDto {
  success: boolean;
  servers: ServerDto[];
}

export class DoneAnswerDto {
  success: boolean;
}
