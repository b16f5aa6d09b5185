import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type ClientOptions,
} from '@modelcontextprotocol/client';
import { PRODUCT_NAME, VERSION } from '@manifold/config';
import { GatewayClient, headersOf } from '../gateway-client.js';

const MODERN_REVISION = '2026-07-28';

/** The three protocol variants of current MCP clients. */
export type McpWay = 'legacy' | 'modern' | 'sse';

export interface Connected {
  readonly client: Client;
  /** Disconnects and ends the session on the gateway. */
  end(): Promise<void>;
}

/** The gateway to check, as one client sees it. */
export class SmokeTarget extends GatewayClient {
  /** Connects a client. @throws Error when the gateway does not support a revision of that protocol variant */
  async connect(way: McpWay, signal: AbortSignal): Promise<Connected> {
    const client = new Client({ name: `${PRODUCT_NAME}-smoke`, version: VERSION }, negotiation(way));
    const requestInit = { headers: headersOf(this.token) };
    if (way === 'sse') {
      await client.connect(new SSEClientTransport(this.at('/sse'), { requestInit }), { signal });
      return { client, end: () => client.close() };
    }
    const transport = new StreamableHTTPClientTransport(this.at('/mcp'), { requestInit });
    await client.connect(transport, { signal });
    const end = async (): Promise<void> => {
      await transport.terminateSession(); // does nothing without a session
      await client.close();
    };
    return { client, end };
  }
}

const negotiation = (way: McpWay): ClientOptions => ({
  versionNegotiation: { mode: way === 'modern' ? { pin: MODERN_REVISION } : 'legacy' },
});
