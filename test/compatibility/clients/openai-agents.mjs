import { MCPServerSSE, MCPServerStreamableHttp } from '@openai/agents';

const SERVERS = { http: MCPServerStreamableHttp, sse: MCPServerSSE };

export async function connect({ url, key, transport }) {
  const server = new SERVERS[transport]({ url, requestInit: { headers: { authorization: `Bearer ${key}` } } });
  await server.connect();
  return {
    list: async () => (await server.listTools()).map(({ name }) => name),
    call: async (name, args) => (await server.callTool(name, args)).map(({ text }) => text ?? '').join('\n'),
    close: () => server.close(),
  };
}
