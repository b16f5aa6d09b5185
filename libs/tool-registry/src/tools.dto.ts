import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { IsNotEmpty, IsObject, IsString, MaxLength } from 'class-validator';
import { IfGiven } from '@manifold/rest';

export class CallToolDto {
  /** Whose secrets are used. Oneself unless given; callers with the role `service` act as "default" unless given. */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  username?: string;

  /** The registered server (or integration) that has the tool. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  serverName: string;

  /** The tool's name on that server. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  methodName: string;

  /** The tool's arguments, without secrets: the gateway adds those. */
  @IsObject()
  args: Record<string, unknown>;
}

/** A tool as its server describes it (MCP `Tool`). */
export class ToolDto {
  name: string;

  description?: string;

  /** JSON Schema of the arguments. */
  inputSchema?: Record<string, unknown>;
}

@ApiExtraModels(ToolDto)
export class ListToolsAnswerDto {
  success: boolean;

  /** One object per server: its name as the key, its tools as the value. */
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: { type: 'array', items: { $ref: getSchemaPath(ToolDto) } } },
  })
  tools: Record<string, ToolDto[]>[];
}

/** The MCP result of the call, and what kind of content it has. */
export class ToolResultDto {
  /** Content blocks (MCP `ContentBlock[]`). */
  content?: Record<string, unknown>[];

  /** The tool itself reported a failure. */
  isError?: boolean;

  structuredContent?: Record<string, unknown>;

  /** `text/plain` for a single block of text, else `application/json`. */
  contentType: string;
}

export class CallToolAnswerDto {
  success: boolean;
  data: ToolResultDto;
}
