import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const ID = { oneOf: [{ type: 'string' }, { type: 'number' }] };

/** A JSON-RPC message of MCP: a request, a notification or a response. MCP defines the methods. */
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

/** The JSON-RPC error response to a request that the gateway refuses. */
export class JsonRpcErrorDto {
  @ApiProperty({ enum: ['2.0'] })
  readonly jsonrpc: '2.0';
  @ApiProperty()
  readonly error: JsonRpcFaultDto;
  @ApiProperty({ ...ID, nullable: true })
  readonly id: string | number | null;
}
