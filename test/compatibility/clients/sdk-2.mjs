import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { textOf } from './results.mjs';

const TRANSPORTS = { http: StreamableHTTPClientTransport, sse: SSEClientTransport };

/** @param target with `revision`: the only one that the client accepts. Without it, the client negotiates as it does by default */
export async function connect({ url, key, transport, revision }) {
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  const options = revision && { versionNegotiation: { mode: { pin: revision } } };
  const client = new Client({ name: 'compatibility', version: '1.0.0' }, options);
  await client.connect(new TRANSPORTS[transport](new URL(url), { requestInit }));
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}
