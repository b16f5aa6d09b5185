import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, Equals, IsArray, IsIn, IsObject, IsString, Matches, ValidateNested } from 'class-validator';
import { IfGiven, WarningsDto } from '@manifold/rest';
import { SERVER_NAME, SERVER_NAME_RULE, ServerSettingsDto } from '@manifold/server-model';

export const DOCUMENT_VERSION = 1;
const ACTIONS = ['created', 'updated', 'unchanged', 'deleted', 'failed'] as const;

/** One server of a document, with all settings that its operator chose. An absent setting has its default value. */
export class ServerDefinitionDto extends OmitType(ServerSettingsDto, ['sessionId'] as const) {
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name: string;

  /** The package that the server is installed from. A stdio server gets its command and its first arguments from the package. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IfGiven()
  @IsObject()
  package?: Record<string, unknown>;
}

/** The servers of a tenant, without secrets and without state. The document can be kept in a repository. */
export class ServersDocumentDto {
  /** The version of the document format. */
  @ApiProperty({ type: 'integer', enum: [DOCUMENT_VERSION] })
  @Equals(DOCUMENT_VERSION)
  version: typeof DOCUMENT_VERSION;

  @IsArray()
  @ArrayMaxSize(1_000)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ServerDefinitionDto)
  servers: ServerDefinitionDto[];
}

export class ImportOptionsDto {
  /** `true`: returns the planned actions and changes nothing. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  dryRun?: 'true' | 'false';

  /** `true`: deletes the servers that are not in the document, together with all users' secrets for them. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  prune?: 'true' | 'false';
}

/** A secret that each user must set. */
export class NeededSecretDto {
  name: string;

  /** Its description in the client's file. */
  description?: string;
}

export class ImportResultDto extends WarningsDto {
  name: string;

  /** The name in the client's file, if it cannot be the name of a server. */
  givenName?: string;

  @ApiProperty({ enum: ACTIONS })
  action: (typeof ACTIONS)[number];

  /** The reason why the action failed. Present only if `action` is `failed`. */
  error?: string;

  /** The secrets that each user must set with `POST /secrets/set`, because the client's file refers to variables or inputs. */
  @ApiPropertyOptional({ type: [NeededSecretDto] })
  secrets?: NeededSecretDto[];
}

export class ImportAnswerDto extends WarningsDto {
  success: boolean;

  /** One result for each server, in the order of the document. Deleted servers come last. */
  results: ImportResultDto[];
}
