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
import { JsonRpcErrorDto, JsonRpcMessageDto } from '../json-rpc/json-rpc.dto.js';

const failure = (description: string) => ({ description, type: JsonRpcErrorDto });

const stream = {
  description: 'A stream of JSON-RPC messages',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
};

const sessionHeader = {
  name: 'Mcp-Session-Id',
  required: false,
  description: 'The session ID from the response to initialize',
};
const versionHeader = { name: 'MCP-Protocol-Version', required: false };
const chatHeader = {
  name: 'X-Chat-Id',
  required: false,
  description:
    'With initialize: the chat, which continues in its session or in a new one. 1 to 256 printable characters',
};

export const ApiServerName = () =>
  ApiParam({ name: 'name', description: 'Name of the registered server', example: 'everything' });

/**
 * Documents the query parameters that choose the client's view. The gateway reads them with `initialize`, with each stateless request,
 * and when a client opens a stream of HTTP+SSE.
 */
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
      description: 'dynamic: lists three tools that search for, enable and call all others, instead of all tools',
    }),
  );

export const ApiMcp = () =>
  applyDecorators(
    ApiTags('mcp'),
    ApiAuthenticated(),
    ApiForbiddenResponse(failure('The Host or Origin header is not allowed')),
    ApiServiceUnavailableResponse({
      ...failure('The gateway is overloaded or has too many sessions, or the database does not answer'),
      headers: RETRY_AFTER,
    }),
    ApiNotFoundResponse(failure('The session or the server does not exist')),
  );

/** Documents the errors of GET and DELETE, which exist in the legacy era only. */
const legacyErrors = () =>
  applyDecorators(
    ApiBadRequestResponse(failure('A header is missing or invalid')),
    ApiMethodNotAllowedResponse(failure('Revision 2026-07-28 of MCP has only POST')),
  );

const messageErrors = () =>
  applyDecorators(
    ApiBody({ type: JsonRpcMessageDto }),
    ApiBadRequestResponse(failure('The body is not a JSON-RPC message, or a header is missing or invalid')),
    ApiPayloadTooLargeResponse(failure('The body is larger than PAYLOAD_LIMIT, or than 4 MiB if that is not set')),
    ApiUnsupportedMediaTypeResponse(failure('The body is not application/json')),
  );

export const ApiMcpPost = (operationId: string) =>
  applyDecorators(
    ApiOperation({ operationId, summary: 'Send an MCP message (Streamable HTTP, revisions 2024-11-05 to 2026-07-28)' }),
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
    ApiAcceptedResponse({ description: 'The notification or response was accepted' }),
    ApiNotAcceptableResponse(failure('The client does not accept application/json')),
    messageErrors(),
  );

export const ApiMcpGet = (operationId: string) =>
  applyDecorators(
    ApiOperation({ operationId, summary: 'Open the stream of server messages, or resume an interrupted stream' }),
    ApiHeader({ ...sessionHeader, required: true }),
    ApiHeader(versionHeader),
    ApiHeader({
      name: 'Last-Event-ID',
      description: 'The last event that the client has received. Later events of the same stream are replayed',
      schema: { type: 'string' },
    }),
    ApiOkResponse(stream),
    ApiNoContentResponse({ description: 'The stream has ended, and the client has missed no event of it' }),
    ApiNotAcceptableResponse(failure('The client does not accept event streams')),
    ApiConflictResponse(
      failure('The session already has an open stream, or another request has resumed the same stream'),
    ),
    legacyErrors(),
  );

export const ApiMcpDelete = (operationId: string) =>
  applyDecorators(
    ApiOperation({ operationId, summary: 'End a session' }),
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
    ApiBadRequestResponse(failure('apps or mode is invalid')),
    ApiNotAcceptableResponse(failure('The client does not accept event streams')),
  );

export const ApiSseMessage = () =>
  applyDecorators(
    ApiOperation({ summary: 'Send an MCP message to a session of the HTTP+SSE transport' }),
    ApiQuery({ name: 'sessionId', type: String }),
    ApiAcceptedResponse({ description: 'The message was accepted. The response is sent on the stream' }),
    messageErrors(),
  );
