import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const ID = { oneOf: [{ type: 'string' }, { type: 'number' }] };

/** What an MCP request and its answer look like to a program that reads the API document. The methods are those of MCP. */
export class JsonRpcMessageDto {
  @ApiProperty({ enum: ['2.0'] })
  readonly jsonrpc: '2.0';
  @ApiPropertyOptional(ID)
  readonly id?: string | number;
  @ApiPropertyOptional()
  readonly method?: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  readonly params?: object;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  readonly result?: object;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  readonly error?: object;
}

export class JsonRpcFaultDto {
  @ApiProperty({ type: 'integer' })
  readonly code: number;
  @ApiProperty()
  readonly message: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  readonly data?: object;
}

/** The answer to what is refused before or instead of a method. */
export class JsonRpcErrorDto {
  @ApiProperty({ enum: ['2.0'] })
  readonly jsonrpc: '2.0';
  @ApiProperty()
  readonly error: JsonRpcFaultDto;
  @ApiProperty({ ...ID, nullable: true })
  readonly id: string | number | null;
}
