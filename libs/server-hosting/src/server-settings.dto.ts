import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { ServerAccessRulesDto } from './access-rules.dto.js';
import { IsHttpUrl } from './http-url.decorator.js';
import { SECRET_NAME } from './secret-name.js';
import { ServerLimitsDto } from './server-limits.dto.js';
import { IsStringMap } from './string-map.decorator.js';

export const TRANSPORT_TYPES = ['stdio', 'streamable_http'] as const;
export const REPLICA_COUNTS = ['each', 'one'] as const;
export const ISOLATIONS = ['shared', 'user'] as const;
export const SECRET_CARRIERS = ['arguments', 'environment', 'headers'] as const;
export const STRING_MAP = { type: 'object', additionalProperties: { type: 'string' } } as const;
const ENV = { names: /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, values: /^[^\u0000]{0,32768}$/, max: 256 };
/** Field names are tokens, values have no control characters (RFC 9110, section 5). */
const HEADERS = { names: /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, values: /^[\t\x20-\x7e\x80-\xff]{0,8192}$/, max: 64 };
const LONGEST_DELAY_MS = 3_600_000;

/** How a broken event stream is opened again; milliseconds. */
export class ReconnectionOptionsDto {
  @IsInt()
  @Min(100)
  @Max(LONGEST_DELAY_MS)
  maxReconnectionDelay: number = 30_000;

  @IsInt()
  @Min(10)
  @Max(LONGEST_DELAY_MS)
  initialReconnectionDelay: number = 1_000;

  /** By how much the delay grows with each attempt. */
  @IsNumber()
  @Min(1)
  @Max(10)
  reconnectionDelayGrowFactor: number = 1.5;

  @IsInt()
  @Min(0)
  @Max(100)
  maxRetries: number = 2;
}

/** Only the fields that are given are changed. Fields of the other transport have no effect. */
export class ServerSettingsDto {
  /** `stdio` unless given. Another type than before drops the settings of the old one. */
  @ApiPropertyOptional({ enum: TRANSPORT_TYPES })
  @IfGiven()
  @IsIn(TRANSPORT_TYPES)
  transportType?: (typeof TRANSPORT_TYPES)[number];

  /** Needed for stdio: the program to run. It is run without a shell, in the working directory of the gateway. */
  @IfGiven()
  @IsString()
  @Matches(/^\P{Cc}{1,4096}$/u, { message: 'command must be 1 to 4096 characters without control characters' })
  command?: string;

  /** stdio: arguments of the program. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @Matches(ENV.values, { each: true, message: 'each of args must be at most 32768 characters without NUL' })
  args?: string[];

  /** stdio: environment of the program, without secrets. */
  @ApiPropertyOptional(STRING_MAP)
  @IfGiven()
  @IsStringMap(ENV)
  env?: Record<string, string>;

  /** Needed for streamable_http: the server's MCP endpoint. */
  @IfGiven()
  @IsHttpUrl()
  url?: string;

  /** streamable_http: sent with each request. Confidential ones read as "[hidden]"; sent back so, they stay as they are. */
  @ApiPropertyOptional(STRING_MAP)
  @IfGiven()
  @IsStringMap(HEADERS)
  headers?: Record<string, string>;

  /** streamable_http: a session of the server to go on with. */
  @IfGiven()
  @IsString()
  @Matches(/^[\x21-\x7e]{1,1024}$/, { message: 'sessionId must be 1 to 1024 visible ASCII characters' })
  sessionId?: string;

  /** streamable_http. */
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => ReconnectionOptionsDto)
  reconnectionOptions?: ReconnectionOptionsDto;

  /**
   * `shared` unless given: one process (stdio) or session (HTTP) for all users. `user`: one for each user, started for the first call
   * and stopped when it is idle.
   */
  @ApiPropertyOptional({ enum: ISOLATIONS })
  @IfGiven()
  @IsIn(ISOLATIONS)
  isolation?: (typeof ISOLATIONS)[number];

  /**
   * How a user's secrets reach the server; `arguments` unless given, and they disappear from the listed schemas. `environment` is for
   * stdio with isolation `user` and needs `secretNames`; `headers` is for streamable_http and needs `secretHeaders`.
   */
  @ApiPropertyOptional({ enum: SECRET_CARRIERS })
  @IfGiven()
  @IsIn(SECRET_CARRIERS)
  secretsAs?: (typeof SECRET_CARRIERS)[number];

  /** The secrets that the server may get; all that a user has stored for it unless given. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Matches(SECRET_NAME, { each: true, message: 'each of secretNames must be the name of a secret' })
  secretNames?: string[];

  /** `secretsAs: "headers"`: headers with a user's secrets in braces, such as `{"Authorization": "Bearer {TOKEN}"}`. */
  @ApiPropertyOptional(STRING_MAP)
  @IfGiven()
  @IsStringMap(HEADERS)
  secretHeaders?: Record<string, string>;

  /** Milliseconds within which a started server must answer; as the gateway is configured unless given. */
  @IfGiven()
  @IsInt()
  @Min(1_000)
  @Max(600_000)
  startupTimeout?: number;

  /** Milliseconds that a call may take, where that is less than the gateway allows every call (TOOL_CALL_TIMEOUT_MS). */
  @IfGiven()
  @IsInt()
  @Min(100)
  @Max(86_400_000)
  callTimeout?: number;

  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => ServerLimitsDto)
  limits?: ServerLimitsDto;

  /**
   * True unless given: clients that can be asked (sampling, elicitation, roots) or that read the server's log get connections of their
   * own, for stdio a process each, while they call. False for a server that must run once: such calls then run alone on the one that
   * all share.
   */
  @IfGiven()
  @IsBoolean()
  lanes?: boolean;

  /**
   * Of a stdio server: "each", unless given: every replica of the gateway runs it. "one" for a server that must run once, for instance
   * because it keeps what users do in its memory: one replica runs it for all, and another one takes it over when that replica ends. Its
   * clients share one process, as with lanes: false.
   */
  @ApiPropertyOptional({ enum: REPLICA_COUNTS })
  @IfGiven()
  @IsIn(REPLICA_COUNTS)
  replicas?: (typeof REPLICA_COUNTS)[number];

  /** A disabled server stays registered, but is not run. True unless given. */
  @IfGiven()
  @IsBoolean()
  enabled?: boolean;

  /** Everybody in the tenant sees the server unless this says who. Given, it takes the place of all that was said before. */
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => ServerAccessRulesDto)
  access?: ServerAccessRulesDto;

  @IfGiven()
  @IsString()
  @MaxLength(128)
  displayName?: string;

  @IfGiven()
  @IsString()
  @MaxLength(4096)
  description?: string;
}
