import { createMCPClient } from '@ai-sdk/mcp';
import { textOf } from './results.mjs';

export async function connect({ url, key, transport }) {
  const client = await createMCPClient({
    transport: { type: transport, url, headers: { authorization: `Bearer ${key}` } },
  });
  let tools;
  return {
    list: async () => Object.keys((tools = await client.tools())),
    call: async (name, args) => textOf(await tools[name].execute(args, { toolCallId: 'call-1', messages: [] })),
    close: () => client.close(),
  };
}
