import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsString, Matches } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { IsHttpUrl } from './http-url.decorator.js';
import { SECRET_NAME } from './secret-name.js';
import { ServerSettingsDto, TRANSPORT_TYPES } from './server-settings.dto.js';

/** Transports as configuration files of MCP clients name them. */
const STDIO_TYPES = ['stdio', 'local'] as const;
const HTTP_TYPES = ['http', 'sse', 'streamable-http', 'streamable_http', 'streamableHttp', 'remote'] as const;
export const CLIENT_TYPES = [...STDIO_TYPES, ...HTTP_TYPES] as const;

/** Returns the transport that a configuration file of an MCP client means. */
export const transportOfType = (type: (typeof CLIENT_TYPES)[number]): 'stdio' | 'streamable_http' =>
  (STDIO_TYPES as readonly string[]).includes(type) ? 'stdio' : 'streamable_http';

/** Returns a client's word for a transport as it is listed, whatever its case; other values as they are. */
const clientType = (value: unknown): unknown =>
  typeof value === 'string'
    ? (CLIENT_TYPES.find((type) => type.toLowerCase() === value.toLowerCase()) ?? value)
    : value;

/** Returns the transport that a client's word means; other values as they are. */
function transportOf(value: unknown): unknown {
  const type = clientType(value);
  return (CLIENT_TYPES as readonly unknown[]).includes(type)
    ? transportOfType(type as (typeof CLIENT_TYPES)[number])
    : value;
}

/** The settings of a server as clients of the REST API write them: also in the words of other gateways and of MCP clients. */
export class GivenServerDto extends ServerSettingsDto {
  /**
   * `stdio` unless given. A change of the type deletes the settings of the previous type. The words of `type` are accepted, too, as some MCP
   * clients write them here.
   */
  @ApiPropertyOptional({ enum: TRANSPORT_TYPES })
  @Transform(({ value }) => transportOf(value))
  @IfGiven()
  @IsIn(TRANSPORT_TYPES)
  override transportType?: (typeof TRANSPORT_TYPES)[number];

  /**
   * The transport, as configuration files of MCP clients name it: `http` and `sse` mean `streamable_http`, which falls back to HTTP+SSE. Not
   * needed: a server with a `url` and no `command` is remote. Its case does not matter.
   */
  @ApiPropertyOptional({ enum: CLIENT_TYPES })
  @Transform(({ value }) => clientType(value))
  @IfGiven()
  @IsIn(CLIENT_TYPES)
  type?: (typeof CLIENT_TYPES)[number];

  /** Another name of `url`, as some MCP clients write it. If both are given, `url` counts. */
  @IfGiven()
  @IsHttpUrl()
  serverUrl?: string;

  /** The opposite of `enabled`, as configuration files of MCP clients write it. */
  @IfGiven()
  @IsBoolean()
  disabled?: boolean;

  /** Accepted, and not needed: the gateway learns from the server whether its users must connect an account. */
  @ApiPropertyOptional({ enum: ['none', 'oauth2'] })
  @IfGiven()
  @IsIn(['none', 'oauth2'])
  authMode?: 'none' | 'oauth2';

  /** A single name for `secretNames`. */
  @IfGiven()
  @IsString()
  @Matches(SECRET_NAME, { message: 'secretName must be the name of a secret' })
  secretName?: string;
}
