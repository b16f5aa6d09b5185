import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsObject,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { SECRET_NAME, TRANSPORT_TYPES } from '@manifold/server-model';
import { AUTH_STATES, type AuthState } from '../consent/user-accounts.js';

export class OfUserDto {
  /**
   * The user that the request is for. The default is the caller, or "default" for callers with the role `service`.
   * Only these callers may name another user.
   */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  username?: string;
}

export class InstallDto extends OfUserDto {
  /** Can only be `true`. To stop using a server, uninstall it. */
  @ApiProperty({ required: false, enum: [true] })
  @IfGiven()
  @IsIn([true], { message: 'enabled can only be true: to stop using the server, uninstall it' })
  enabled?: true;
}

export class UserSecretDto {
  @IsString()
  @Matches(SECRET_NAME, { message: 'name must be the name of a secret' })
  name: string;

  @IsString()
  @Length(1, 65_536)
  value: string;
}

export class UserSecretsDto extends OfUserDto {
  @ApiProperty({ type: [UserSecretDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => UserSecretDto)
  secrets: UserSecretDto[];
}

/** A registered server from the view of one user. */
export class UserServerDto {
  name: string;
  displayName: string;
  description: string;

  @ApiProperty({ enum: TRANSPORT_TYPES })
  transportType: (typeof TRANSPORT_TYPES)[number];

  enabled: boolean;

  /** `oauth2`: each user connects an account of their own. */
  @ApiProperty({ enum: ['none', 'oauth2'] })
  authMode: 'none' | 'oauth2';

  /** State of the account. `reauth_required`: the connection has expired and the user must connect again. */
  @ApiProperty({ enum: AUTH_STATES })
  authState: AuthState;

  /** Whether the user must connect an account before a call can succeed. */
  authRequired: boolean;

  /** Whether the server is installed: it needs no account, or the user has connected one. An expired connection still counts. */
  installed: boolean;

  /** Names of the secrets that the server may get. Absent if the operator has not set them. */
  secretNames?: string[];

  /** Names of the secrets that the user has stored. */
  configuredSecretNames: string[];

  /** Names of the stored secrets that the user gave for another destination. The server does not get them until the user confirms it. */
  sleepingSecretNames: string[];

  /** The destination that gets the user's secrets: the origin of the server's URL, or an identifier of its program. */
  destination: string;

  /** The tools of the server that the user may use (MCP `Tool[]`). */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  toolsList: Record<string, unknown>[];

  /** Whether the user has an account or secrets at this server that an uninstall would remove. */
  canUninstall: boolean;
}

export class UserServersAnswerDto {
  success: boolean;

  @ApiProperty({ type: [UserServerDto] })
  servers: UserServerDto[];
}

export class UserServerAnswerDto {
  success: boolean;
  server: UserServerDto;
}

export class InstallAnswerDto extends UserServerAnswerDto {
  /** A link on which the user connects an account. It works once, for 15 minutes. Absent if no connection is needed. */
  authorizationUrl?: string;
}

export class UserToolsAnswerDto {
  success: boolean;

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  tools: Record<string, unknown>[];
}

export class UserInstallDto {
  serverName: string;
  username: string;
  enabled: boolean;

  @ApiProperty({ enum: AUTH_STATES })
  authState: AuthState;
}

export class UserInstallAnswerDto {
  success: boolean;
  install: UserInstallDto;
}
