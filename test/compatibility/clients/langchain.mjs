import { MultiServerMCPClient } from '@langchain/mcp-adapters';

export async function connect({ url, key, transport }) {
  const manifold = { transport, url, headers: { authorization: `Bearer ${key}` } };
  const client = new MultiServerMCPClient({ mcpServers: { manifold } });
  const tools = new Map((await client.getTools()).map((tool) => [tool.name, tool]));
  return {
    list: async () => [...tools.keys()],
    call: async (name, args) => textOf(await tools.get(name).invoke(args)),
    close: () => client.close(),
  };
}

const textOf = (answer) => (typeof answer === 'string' ? answer : JSON.stringify(answer));
