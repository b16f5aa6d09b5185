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
import { SECRET_NAME, TRANSPORT_TYPES } from '@manifold/server-hosting';

const AUTH_STATES = ['not_required', 'not_connected', 'connected', 'reauth_required'] as const;
export type AuthState = (typeof AUTH_STATES)[number];

export class OfUserDto {
  /** Whose view it is. Oneself unless given; callers with the role `service` act as "default" unless given. */
  @IfGiven()
  @IsString()
  @Length(1, 256)
  username?: string;
}

export class InstallDto extends OfUserDto {
  /** Only true: what a user does not want is uninstalled. */
  @ApiProperty({ required: false, enum: [true] })
  @IfGiven()
  @IsIn([true], { message: 'enabled can only be true: uninstall what is not wanted' })
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

/** A registered server as one user has it. */
export class UserServerDto {
  name: string;
  displayName: string;
  description: string;

  @ApiProperty({ enum: TRANSPORT_TYPES })
  transportType: (typeof TRANSPORT_TYPES)[number];

  enabled: boolean;

  /** `oauth2`: each user has an account of the own. */
  @ApiProperty({ enum: ['none', 'oauth2'] })
  authMode: 'none' | 'oauth2';

  /** `reauth_required`: the user has to connect again. */
  @ApiProperty({ enum: AUTH_STATES })
  authState: AuthState;

  /** Whether the user has to connect before a call works. */
  authRequired: boolean;

  /** Whether the user can call it: those that want no account are there for everybody. */
  installed: boolean;

  /** The secrets that the server may get, where its operator has said it. */
  secretNames?: string[];

  /** Those that the user has stored. */
  configuredSecretNames: string[];

  /** MCP `Tool[]`. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  toolsList: Record<string, unknown>[];

  /** Whether there is anything of the user that an uninstall would remove. */
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
  /** Where the user connects, if the server wants that; works once, for 15 minutes. */
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
