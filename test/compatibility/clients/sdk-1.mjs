import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { textOf } from './results.mjs';

const TRANSPORTS = { http: StreamableHTTPClientTransport, sse: SSEClientTransport };

export async function connect({ url, key, transport }) {
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  return connectOver(new TRANSPORTS[transport](new URL(url), { requestInit }));
}

/** Connects over any transport of this SDK. */
export async function connectOver(transport) {
  const client = new Client({ name: 'compatibility', version: '1.0.0' });
  await client.connect(transport);
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}
