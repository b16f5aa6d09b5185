import type { ParagonProxy } from '../proxy.client.js';
import { ParagonTool, type Arguments } from '../paragon-tool.js';
import { checkedHeaders } from './checked-headers.js';
import { checkedUrl } from './checked-url.js';

interface ApiRequest {
  readonly integration: string;
  readonly url: string;
  readonly httpMethod: string;
  readonly queryParams?: Arguments;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Returns the tool `CALL_API_REQUEST`, with which an agent sends its own request to the API of an integration.
 * @param active the integrations that the agent may name
 */
export function proxyTool(active: readonly string[], proxy: ParagonProxy): ParagonTool {
  return new ParagonTool({
    app: 'paragon',
    integration: (args) => String(args.integration),
    definition: {
      name: 'CALL_API_REQUEST',
      description:
        'Sends a request to the API of an integration with the account that the user has connected. Use it only where no other tool does what is needed. ' +
        "Read the API's documentation first, and prefer reading to writing.",
      inputSchema: inputSchema(active),
    },
    execute: (args, context) => {
      const request = args as unknown as ApiRequest; // already checked against the schema
      return proxy.send(
        {
          integration: request.integration,
          method: request.httpMethod,
          url: checkedUrl(request.integration, request.url, request.queryParams),
          headers: { ...checkedHeaders(request.headers), ...ownHeaders(request.integration) },
          body: request.httpMethod === 'GET' ? undefined : request.body,
        },
        context,
      );
    },
  });
}

/** Returns headers that an integration needs. Slack has separate tokens for its app and for the user; the user's token is used. */
const ownHeaders = (integration: string): Record<string, string> =>
  integration === 'slack' ? { 'x-paragon-use-slack-token-type': 'user' } : {};

const inputSchema = (active: readonly string[]) => ({
  type: 'object',
  properties: {
    integration: { type: 'string', enum: active, description: 'The integration whose API is called' },
    url: {
      type: 'string',
      minLength: 1,
      maxLength: 8192,
      description: "Path below the API's base URL (/v1/things), or a full https URL of the integration",
    },
    httpMethod: { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] },
    queryParams: {
      type: 'object',
      description: 'Query parameters; a list repeats its parameter',
      additionalProperties: {
        anyOf: [SCALAR, { type: 'array', items: SCALAR }],
      },
    },
    headers: {
      type: 'object',
      description: 'Further headers. Credentials are added for you and cannot be set',
      additionalProperties: { type: 'string' },
    },
    body: { description: 'Body of the request, sent as JSON. GET has none' },
  },
  required: ['integration', 'url', 'httpMethod'],
  additionalProperties: false,
});

const SCALAR = { type: ['string', 'number', 'boolean'] };
