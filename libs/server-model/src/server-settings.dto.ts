import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
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
import { IfGiven, IgnoresUnknown, RefusesNull } from '@manifold/rest';
import { ServerAccessRulesDto } from './access-rules.dto.js';
import { IsAllowedDomains } from './allowed-domains.decorator.js';
import { IsHttpUrl } from './http-url.decorator.js';
import { SECRET_NAME } from './secret-name.js';
import { ServerLimitsDto } from './server-limits.dto.js';
import { IsStringMap } from './string-map.decorator.js';

export const TRANSPORT_TYPES = ['stdio', 'streamable_http'] as const;
export const NETWORKS = ['open', 'none', 'proxy'] as const;
export const REPLICA_COUNTS = ['each', 'one'] as const;
export const ISOLATIONS = ['shared', 'user'] as const;
export const SECRET_CARRIERS = ['arguments', 'environment', 'headers'] as const;
export const STRING_MAP = { type: 'object', additionalProperties: { type: 'string' } } as const;
const ENV = { names: /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, values: /^[^\u0000]{0,32768}$/, max: 256 };
/** Field names are tokens, values have no control characters (RFC 9110, section 5). */
const HEADERS = { names: /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, values: /^[\t\x20-\x7e\x80-\xff]{0,8192}$/, max: 64 };
const LONGEST_DELAY_MS = 3_600_000;

/** Reads `null` as the default of a field, as if the field were absent. */
const NullAs = (preset: number): PropertyDecorator => Transform(({ value }: { value: unknown }) => value ?? preset);

/** How the gateway reopens a broken event stream. Delays are in milliseconds. */
@IgnoresUnknown()
export class ReconnectionOptionsDto {
  @IsInt()
  @Min(100)
  @Max(LONGEST_DELAY_MS)
  @NullAs(30_000)
  maxReconnectionDelay: number = 30_000;

  @IsInt()
  @Min(10)
  @Max(LONGEST_DELAY_MS)
  @NullAs(1_000)
  initialReconnectionDelay: number = 1_000;

  /** The factor by which the delay grows with each attempt. */
  @IsNumber()
  @Min(1)
  @Max(10)
  @NullAs(1.5)
  reconnectionDelayGrowFactor: number = 1.5;

  @IsInt()
  @Min(0)
  @Max(100)
  @NullAs(2)
  maxRetries: number = 2;
}

/** Only the fields that are given are changed. Fields of the other transport have no effect. */
export class ServerSettingsDto {
  /** `stdio` unless given. A change of the type deletes the settings of the previous type. */
  @ApiPropertyOptional({ enum: TRANSPORT_TYPES })
  @IfGiven()
  @IsIn(TRANSPORT_TYPES)
  transportType?: (typeof TRANSPORT_TYPES)[number];

  /** Required for stdio: the program to run. It is run without a shell. */
  @IfGiven()
  @IsString()
  @Matches(/^\P{Cc}{1,4096}$/u, { message: 'command must be 1 to 4096 characters without control characters' })
  command?: string;

  /**
   * stdio: arguments of the program. Arguments that look like keys are confidential, and so are user info and query of URLs. They are
   * returned as "[hidden]". Send "[hidden]" back to keep such a value.
   */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @Matches(ENV.values, { each: true, message: 'each of args must be at most 32768 characters without NUL' })
  args?: string[];

  /**
   * stdio: the working folder of the program, absolute or relative to the server's data folder. Not given, or empty: the data folder, which
   * lasts until the server is removed. An absolute path is for the tenant `default`.
   */
  @IfGiven()
  @IsString()
  @Matches(/^\P{Cc}{0,4096}$/u, { message: 'cwd must be at most 4096 characters without control characters' })
  cwd?: string;

  /**
   * stdio: environment of the program. Values are returned as "[hidden]". Send "[hidden]" back to keep such a value. A value stays with
   * its destination: with another command, give it anew.
   */
  @ApiPropertyOptional(STRING_MAP)
  @IfGiven()
  @IsStringMap(ENV)
  env?: Record<string, string>;

  /**
   * stdio: `open` (the default): the server has the network of the gateway. `none`: it has none. `proxy`: it reaches the hosts of
   * `allowedDomains` at public addresses, and private ones that EGRESS_ALLOW names, through the proxy that its variables HTTP_PROXY and
   * HTTPS_PROXY name. `none` and `proxy` need a gateway in mode `bubblewrap` (SERVER_SANDBOX).
   */
  @ApiPropertyOptional({ enum: NETWORKS })
  @IfGiven()
  @RefusesNull()
  @IsIn(NETWORKS)
  network?: (typeof NETWORKS)[number];

  /**
   * `network: "proxy"`: the hosts that the server may reach: `example.com`, `*.example.com` (names below it), an address or `*`, each with an
   * optional port (`example.com:8443`). Without a port, 80 and 443 are meant. Unless given, `*`.
   */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @RefusesNull()
  @IsArray()
  @ArrayMaxSize(256)
  @IsAllowedDomains()
  allowedDomains?: string[];

  /**
   * Required for streamable_http: the URL of the server's MCP endpoint. The values of its query are returned as "[hidden]". Send "[hidden]"
   * back to keep such a value.
   */
  @IfGiven()
  @IsHttpUrl()
  url?: string;

  /**
   * streamable_http: headers sent with each request. Values are returned as "[hidden]". Send "[hidden]" back to keep such a value. A value
   * stays with its destination: with a URL of another origin, give it anew.
   */
  @ApiPropertyOptional(STRING_MAP)
  @IfGiven()
  @IsStringMap(HEADERS)
  headers?: Record<string, string>;

  /** streamable_http: the id of an existing session of the server to continue. */
  @IfGiven()
  @IsString()
  @Matches(/^[\x21-\x7e]{1,1024}$/, { message: 'sessionId must be 1 to 1024 visible ASCII characters' })
  sessionId?: string;

  /** streamable_http: how the gateway reopens a broken event stream. */
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => ReconnectionOptionsDto)
  reconnectionOptions?: ReconnectionOptionsDto;

  /**
   * `shared` (the default): one process (stdio) or session (HTTP) for all users. `user`: one for each user, started for the first call and
   * stopped when it is idle.
   */
  @ApiPropertyOptional({ enum: ISOLATIONS })
  @IfGiven()
  @RefusesNull()
  @IsIn(ISOLATIONS)
  isolation?: (typeof ISOLATIONS)[number];

  /**
   * How a user's secrets reach the server. `arguments` (the default): as arguments of tools, which are removed from the listed schemas.
   * `environment` is for stdio with isolation `user` and needs `secretNames`. `headers` is for streamable_http and needs `secretHeaders`.
   */
  @ApiPropertyOptional({ enum: SECRET_CARRIERS })
  @IfGiven()
  @IsIn(SECRET_CARRIERS)
  secretsAs?: (typeof SECRET_CARRIERS)[number];

  /** The names of the secrets that the server may get. Unless given, it gets all secrets that a user has stored for it. */
  @ApiPropertyOptional({ type: [String] })
  @IfGiven()
  @RefusesNull()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Matches(SECRET_NAME, { each: true, message: 'each of secretNames must be the name of a secret' })
  secretNames?: string[];

  /** `secretsAs: "headers"`: headers whose values name a user's secrets in braces, such as `{"Authorization": "Bearer {TOKEN}"}`. */
  @ApiPropertyOptional(STRING_MAP)
  @IfGiven()
  @IsStringMap(HEADERS)
  secretHeaders?: Record<string, string>;

  /** Milliseconds within which a started server must answer. Unless given, the gateway's setting applies. */
  @IfGiven()
  @IsInt()
  @Min(1_000)
  @Max(600_000)
  startupTimeout?: number;

  /** Time limit of a call in milliseconds, if it is less than the gateway's limit for every call (TOOL_CALL_TIMEOUT_MS). */
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
   * True unless given: calls get a dedicated connection if their client can be asked (sampling, elicitation, roots) or reads the server's
   * log. For stdio that is a dedicated process. False for a server that must run only once: such calls then run one at a time on the shared
   * connection.
   */
  @IfGiven()
  @IsBoolean()
  lanes?: boolean;

  /**
   * stdio: `each` (the default): every replica of the gateway runs the server. `one`: one replica runs it for all, and another replica
   * takes over when that one ends. Use `one` for a server that must run only once, for instance because it keeps users' data in memory. Its
   * clients share one process, as with `lanes: false`.
   */
  @ApiPropertyOptional({ enum: REPLICA_COUNTS })
  @IfGiven()
  @IsIn(REPLICA_COUNTS)
  replicas?: (typeof REPLICA_COUNTS)[number];

  /** Whether the server runs. A disabled server stays registered. True unless given. */
  @IfGiven()
  @IsBoolean()
  enabled?: boolean;

  /** The callers who see the server. Unless given, every caller in the tenant sees it. A given value replaces all earlier rules. */
  @IfGiven()
  @RefusesNull()
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

  /** A page about the server, for people. The gateway does not read it. */
  @IfGiven()
  @IsHttpUrl()
  homepageUrl?: string;
}
