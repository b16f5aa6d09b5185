import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import { IfGiven, IgnoresUnknown, WarningsDto, type ReadBack } from '@manifold/rest';
import {
  GivenServerDto,
  ISOLATIONS,
  NETWORKS,
  ReconnectionOptionsDto,
  REPLICA_COUNTS,
  SECRET_CARRIERS,
  ServerAccessRulesDto,
  SERVER_NAME,
  SERVER_NAME_RULE,
  ServerLimitsDto,
  STRING_MAP,
  TRANSPORT_TYPES,
} from '@manifold/server-model';

const STATUSES = ['connected', 'connecting', 'disconnected', 'error'] as const;
type ServerStatus = (typeof STATUSES)[number];

/** Members that the gateway reports of a server. Clients that send back what they have read may leave them in. */
const REPORTED: ReadBack = {
  status: (value) => STATUSES.includes(value as ServerStatus),
  toolsList: Array.isArray,
  lastError: (value) => typeof value === 'string',
  notices: Array.isArray,
  instances: Array.isArray,
  logs: Array.isArray,
  createdAt: (value) => typeof value === 'string',
  updatedAt: (value) => typeof value === 'string',
};

/**
 * Only the given fields are changed. Fields of the other transport have no effect. Fields that are not known are ignored, and named in the
 * `warnings` of the answer. The answer of GET can be sent back.
 */
@IgnoresUnknown(REPORTED)
export class UpdateServerDto extends GivenServerDto {
  /** The name in the path. A server cannot be renamed. */
  @IfGiven()
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name?: string;
}

/** Fields that are not known are ignored, and named in the `warnings` of the answer. */
@IgnoresUnknown()
export class RegisterServerDto extends GivenServerDto {
  /** The name of the server. It is unique in the tenant. */
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name: string;
}

/** The process or connection of one user. No route returns its log. */
export class ServerInstanceDto {
  user: string;

  @ApiProperty({ enum: STATUSES })
  status: ServerStatus;

  /** The time at which the instance was created, in ISO 8601 format. */
  since: string;
}

/** A registered server. Callers without the role `operator` get neither its settings nor its log. */
export class ServerDto {
  name: string;

  @ApiProperty({ enum: TRANSPORT_TYPES })
  transportType: (typeof TRANSPORT_TYPES)[number];

  displayName?: string;
  description?: string;
  homepageUrl?: string;

  @ApiProperty({ enum: STATUSES })
  status: ServerStatus;

  enabled: boolean;

  /** The last known tools of the server (MCP `Tool[]`). */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  toolsList: Record<string, unknown>[];

  command?: string;
  args?: string[];

  /** The working folder of the program. Not set: the data folder of the server. */
  cwd?: string;

  @ApiPropertyOptional(STRING_MAP)
  env?: Record<string, string>;

  /** stdio only: what the server reaches. */
  @ApiPropertyOptional({ enum: NETWORKS })
  network?: (typeof NETWORKS)[number];

  /** `network: "proxy"`: the hosts that the server may reach. If absent, all hosts at ports 80 and 443. */
  allowedDomains?: string[];

  url?: string;

  @ApiPropertyOptional(STRING_MAP)
  headers?: Record<string, string>;

  /** The ID of the current HTTP session. A gateway with a single replica resumes this session after a restart. */
  sessionId?: string;

  reconnectionOptions?: ReconnectionOptionsDto;

  @ApiPropertyOptional({ enum: ISOLATIONS })
  isolation?: (typeof ISOLATIONS)[number];

  @ApiPropertyOptional({ enum: SECRET_CARRIERS })
  secretsAs?: (typeof SECRET_CARRIERS)[number];

  /** Names of the secrets that the server may get. If absent, it may get all secrets that a user has stored for it. */
  secretNames?: string[];

  @ApiPropertyOptional(STRING_MAP)
  secretHeaders?: Record<string, string>;

  /** Timeout in milliseconds. If absent, the setting of the gateway applies. */
  startupTimeout?: number;

  /** Timeout in milliseconds. If absent, the setting of the gateway applies. */
  callTimeout?: number;

  limits?: ServerLimitsDto;

  /** Whether clients that support server requests (sampling, elicitation, roots) or read the log get dedicated connections. */
  lanes?: boolean;

  /** stdio only: whether each replica of the gateway runs the server (`each`), or one replica for all (`one`). */
  @ApiPropertyOptional({ enum: REPLICA_COUNTS })
  replicas?: (typeof REPLICA_COUNTS)[number];

  /** Rules for who can see and use the server. If absent, all users of the tenant can. */
  access?: ServerAccessRulesDto;

  /**
   * The reason why the server is not connected, or why its tools may be out of date. GET by name returns an error of any replica. Other
   * routes return only the error of the replica that answers.
   */
  lastError?: string;

  /**
   * Notices for the operator of a server that runs, such as tools that were left out of its list because clients would refuse the whole
   * list. A notice stays for as long as it holds.
   */
  notices?: string[];

  /** The instances of single users, if each user has an instance. GET by name includes the instances on all replicas. */
  @ApiPropertyOptional({ type: [ServerInstanceDto] })
  instances?: ServerInstanceDto[];

  /** The last log lines of the server, each with time, level and message. GET by name includes all replicas, oldest line first. */
  logs?: string[];

  createdAt?: string;
  updatedAt?: string;
}

export class ServerAnswerDto extends WarningsDto {
  success: boolean;
  server: ServerDto;

  /** Says that an enabled server does not run, and why. */
  warning?: string;
}

export class ServersAnswerDto {
  success: boolean;
  servers: ServerDto[];
}

export class DoneAnswerDto extends WarningsDto {
  success: boolean;
}
