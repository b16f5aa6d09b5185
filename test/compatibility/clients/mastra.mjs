import { MCPClient } from '@mastra/mcp';

const PREFIX = 'manifold_';

/** It has no option for the transport: it tries HTTP+SSE where the URL does not answer over Streamable HTTP. */
export async function connect({ url, key }) {
  const manifold = { url: new URL(url), requestInit: { headers: { authorization: `Bearer ${key}` } } };
  const client = new MCPClient({ servers: { manifold } });
  const { toolsets, errors } = await client.listToolsetsWithErrors();
  if (errors.manifold) throw new Error(errors.manifold);
  const tools = toolsets.manifold;
  return {
    list: async () => Object.keys(tools).map((name) => name.replace(PREFIX, '')),
    call: async (name, args) => JSON.stringify(await tools[name].execute(args, {})),
    close: () => client.disconnect(),
  };
}
