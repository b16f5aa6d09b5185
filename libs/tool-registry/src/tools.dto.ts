import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { IsNotEmpty, IsObject, IsString, MaxLength } from 'class-validator';
import { FreeForm, IfGiven, IgnoresUnknown, WarningsDto } from '@manifold/rest';

/** Fields that are not known are ignored, and named in the `warnings` of the answer. */
@IgnoresUnknown()
export class CallToolDto {
  /** User whose secrets the call uses. Defaults to the caller; for callers with the role `service` it defaults to "default". */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  username?: string;

  /** Registered server (or integration) that has the tool. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  serverName: string;

  /** Name of the tool on that server. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  methodName: string;

  /** Arguments of the tool, without secrets. The gateway adds the secrets. Unless given, there are none. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @FreeForm()
  @IfGiven()
  @IsObject()
  args?: Record<string, unknown>;
}

/** Tool as its server describes it (MCP `Tool`). */
export class ToolDto {
  name: string;

  description?: string;

  /** JSON Schema of the arguments. */
  inputSchema?: Record<string, unknown>;
}

@ApiExtraModels(ToolDto)
export class ListToolsAnswerDto {
  success: boolean;

  /** One object per server. Its key is the server's name, its value is the list of the server's tools. */
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: { type: 'array', items: { $ref: getSchemaPath(ToolDto) } } },
  })
  tools: Record<string, ToolDto[]>[];
}

/** MCP result of the call, with its content type. */
export class ToolResultDto {
  /** Content blocks (MCP `ContentBlock[]`). */
  content?: Record<string, unknown>[];

  /** True if the tool itself reported a failure. */
  isError?: boolean;

  structuredContent?: Record<string, unknown>;

  /** `text/plain` if the content is a single text block, else `application/json`. */
  contentType: string;
}

export class CallToolAnswerDto extends WarningsDto {
  success: boolean;
  data: ToolResultDto;
}
