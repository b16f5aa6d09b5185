import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type ClientOptions,
} from '@modelcontextprotocol/client';
import { PRODUCT_NAME, VERSION } from '@manifold/config';

const MODERN_REVISION = '2026-07-28';

/** The three ways in which MCP clients of today speak. */
export type McpWay = 'legacy' | 'modern' | 'sse';

export interface Connected {
  readonly client: Client;
  /** Leaves nothing behind on the gateway. */
  end(): Promise<void>;
}

/** The gateway that is looked at, as one caller sees it. */
export class SmokeTarget {
  /** @param url what clients know as MCP_SERVER_URL, with or without a path before `/mcp` */
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** With the caller's token unless told otherwise; `null`: with none. Whatever the answer is, it is no error. */
  async fetch(path: string, init: RequestInit = {}, token: string | null = this.token): Promise<Response> {
    return fetch(this.at(path), { ...init, redirect: 'manual', headers: { ...headersOf(token), ...init.headers } });
  }

  /** @throws when the gateway does not agree on a revision of that way */
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
      await transport.terminateSession(); // does nothing where there is none
      await client.close();
    };
    return { client, end };
  }

  private at(path: string): URL {
    return new URL(`${this.url.replace(/\/+$/, '')}${path}`);
  }
}

/** Each request on a connection of its own: a load balancer sends the requests of one session to all replicas. */
const headersOf = (token: string | null): Record<string, string> => ({
  connection: 'close',
  ...(token !== null && { authorization: `Bearer ${token}` }),
});

const negotiation = (way: McpWay): ClientOptions => ({
  versionNegotiation: { mode: way === 'modern' ? { pin: MODERN_REVISION } : 'legacy' },
});
