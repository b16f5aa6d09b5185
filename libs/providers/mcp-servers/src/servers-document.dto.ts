import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, Equals, IsArray, IsIn, IsObject, IsString, Matches, ValidateNested } from 'class-validator';
import { IfGiven } from '@manifold/rest';
import { SERVER_NAME, SERVER_NAME_RULE, ServerSettingsDto } from '@manifold/server-hosting';

export const DOCUMENT_VERSION = 1;
const ACTIONS = ['created', 'updated', 'unchanged', 'deleted', 'failed'] as const;

/** One server of a document: all that its operator decided. What is not said is as if it had never been set. */
export class ServerDefinitionDto extends OmitType(ServerSettingsDto, ['sessionId'] as const) {
  @IsString()
  @Matches(SERVER_NAME, { message: `name ${SERVER_NAME_RULE}` })
  name: string;

  /** The package that the server comes from. A stdio server gets its command and arguments from it. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IfGiven()
  @IsObject()
  package?: Record<string, unknown>;
}

/** The servers of a tenant, to be kept in a repository: no secrets, no state. */
export class ServersDocumentDto {
  /** Of this format. */
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
  /** `true`: says what would be done, and does nothing. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  dryRun?: 'true' | 'false';

  /** `true`: deletes the servers that are not in the document, with all users' secrets for them. */
  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IfGiven()
  @IsIn(['true', 'false'])
  prune?: 'true' | 'false';
}

export class ImportResultDto {
  name: string;

  @ApiProperty({ enum: ACTIONS })
  action: (typeof ACTIONS)[number];

  /** Why it failed. */
  error?: string;
}

export class ImportAnswerDto {
  success: boolean;

  /** In the order of the document, deleted servers last. */
  results: ImportResultDto[];
}
