import { MCPClient } from 'mcp-use/client';
import { textOf } from './results.mjs';

export async function connect({ url, key, transport }) {
  const manifold = { url, headers: { Authorization: `Bearer ${key}` }, preferSse: transport === 'sse' };
  const client = MCPClient.fromDict({ mcpServers: { manifold } });
  const session = await client.createSession('manifold');
  return {
    list: async () => (await session.listTools()).map(({ name }) => name),
    call: async (name, args) => textOf(await session.callTool(name, args)),
    close: () => client.closeAllSessions(),
  };
}
