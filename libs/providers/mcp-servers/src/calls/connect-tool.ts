import type { ToolDescriptor, ToolResult } from '@manifold/tool-provider';

const NAME = 'connect';

/** References the tool with which a user connects to this server. */
export class ConnectToolRef {
  constructor(readonly server: string) {}
}

/**
 * Returns a placeholder for the tools of a server that lists them only after consent. The tools are unknown until the first user has
 * connected.
 */
export const connectTool = (server: string): ToolDescriptor => ({
  ref: new ConnectToolRef(server),
  app: server,
  name: NAME,
  publicName: `${server}_${NAME}`,
  definition: {
    name: NAME,
    description: `Connects the user to server ${server}. Its tools appear when the user has agreed.`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
  },
});

export const isConnected = (server: string): ToolResult => ({
  content: [{ type: 'text', text: `Server ${server} is connected. List the tools again to see what it offers.` }],
});
