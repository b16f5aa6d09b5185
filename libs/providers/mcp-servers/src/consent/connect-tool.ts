import type { ToolDescriptor, ToolResult } from '@manifold/tool-provider';

const NAME = 'connect';

/** Names the tool of this server with which a user connects. */
export class ConnectToolRef {
  constructor(readonly server: string) {}
}

/** What stands for the tools of a server that shows them to nobody without consent: until the first user has connected, they are unknown. */
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
