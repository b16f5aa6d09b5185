import { applyDecorators } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiBody,
  ApiConflictResponse,
  ApiForbiddenResponse,
  ApiHeader,
  ApiMethodNotAllowedResponse,
  ApiNoContentResponse,
  ApiNotAcceptableResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiPayloadTooLargeResponse,
  ApiQuery,
  ApiServiceUnavailableResponse,
  ApiTags,
  ApiUnsupportedMediaTypeResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiAuthenticated } from '@manifold/auth';
import { RETRY_AFTER } from '@manifold/rest';
import { JsonRpcErrorDto, JsonRpcMessageDto } from './json-rpc.dto.js';

const failure = (description: string) => ({ description, type: JsonRpcErrorDto });

const stream = {
  description: 'A stream of JSON-RPC messages',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
};

const sessionHeader = { name: 'Mcp-Session-Id', required: false, description: 'Given by the answer to initialize' };
const versionHeader = { name: 'MCP-Protocol-Version', required: false };
const chatHeader = {
  name: 'X-Chat-Id',
  required: false,
  description:
    'With initialize: the chat that continues in its session, or in a new one. 1 to 256 printable characters',
};

export const ApiServerName = () =>
  ApiParam({ name: 'name', description: 'The registered server', example: 'everything' });

/** What a client wants to see: read with initialize, with each stateless request, and when a stream of HTTP+SSE is opened. */
export const ApiMcpView = () =>
  applyDecorators(
    ApiQuery({
      name: 'apps',
      required: false,
      type: String,
      example: 'google-calendar,google-docs',
      description: 'Only the tools of these integrations and servers',
    }),
    ApiQuery({
      name: 'mode',
      required: false,
      enum: ['static', 'dynamic'],
      description: 'dynamic: tools are searched and enabled by tools, instead of being listed all at once',
    }),
  );

export const ApiMcp = () =>
  applyDecorators(
    ApiTags('mcp'),
    ApiAuthenticated(),
    ApiForbiddenResponse(failure('Host or Origin are not allowed')),
    ApiServiceUnavailableResponse({
      ...failure('The gateway has too much to do or too many sessions, or the database does not answer'),
      headers: RETRY_AFTER,
    }),
    ApiNotFoundResponse(failure('There is no such session')),
  );

/** Headers that a GET or a DELETE of the legacy era must not have. */
const legacyErrors = () =>
  applyDecorators(
    ApiBadRequestResponse(failure('Headers are missing or do not fit')),
    ApiMethodNotAllowedResponse(failure('The modern era has only POST')),
  );

const messageErrors = () =>
  applyDecorators(
    ApiBody({ type: JsonRpcMessageDto }),
    ApiBadRequestResponse(failure('The body is no JSON-RPC message, or headers do not fit')),
    ApiPayloadTooLargeResponse(failure('The body is larger than 4 MiB')),
    ApiUnsupportedMediaTypeResponse(failure('The body is not application/json')),
  );

export const ApiMcpPost = () =>
  applyDecorators(
    ApiOperation({ summary: 'Send an MCP message (Streamable HTTP, revisions 2024-11-05 to 2026-07-28)' }),
    ApiHeader(sessionHeader),
    ApiHeader(versionHeader),
    ApiHeader(chatHeader),
    ApiOkResponse({
      description: 'The response, or a stream that ends with it',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(JsonRpcMessageDto) } },
        'text/event-stream': { schema: { type: 'string' } },
      },
    }),
    ApiAcceptedResponse({ description: 'A notification or a response has arrived' }),
    ApiNotAcceptableResponse(failure('The client does not accept both kinds of answer')),
    messageErrors(),
  );

export const ApiMcpGet = () =>
  applyDecorators(
    ApiOperation({ summary: "Open the stream of the server's own messages, or come back to one that was interrupted" }),
    ApiHeader({ ...sessionHeader, required: true }),
    ApiHeader(versionHeader),
    ApiHeader({
      name: 'Last-Event-ID',
      description: 'The last event that the client has received: what came after it on the same stream is replayed',
      schema: { type: 'string' },
    }),
    ApiOkResponse(stream),
    ApiNoContentResponse({ description: 'The stream has ended, and the client has missed nothing of it' }),
    ApiNotAcceptableResponse(failure('The client does not accept event streams')),
    ApiConflictResponse(failure('The session has an open stream, or another request has resumed the same')),
    legacyErrors(),
  );

export const ApiMcpDelete = () =>
  applyDecorators(
    ApiOperation({ summary: 'End a session' }),
    ApiHeader({ ...sessionHeader, required: true }),
    ApiHeader(versionHeader),
    ApiOkResponse({ description: 'The session has ended' }),
    legacyErrors(),
  );

export const ApiSseStream = () =>
  applyDecorators(
    ApiOperation({ summary: 'Open a session of the HTTP+SSE transport (revision 2024-11-05)' }),
    ApiMcpView(),
    ApiOkResponse(stream),
    ApiBadRequestResponse(failure('apps or mode do not fit')),
    ApiNotAcceptableResponse(failure('The client does not accept event streams')),
  );

export const ApiSseMessage = () =>
  applyDecorators(
    ApiOperation({ summary: 'Send an MCP message to a session of the HTTP+SSE transport' }),
    ApiQuery({ name: 'sessionId', type: String }),
    ApiAcceptedResponse({ description: 'The message has arrived; the response goes to the stream' }),
    messageErrors(),
  );
