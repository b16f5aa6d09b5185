/**
 * An MCP server as they are published for one user: it reads its token from the environment when it starts, and knows nothing of a
 * gateway. It is somebody's account: `whoami` answers with the name in ACCOUNT_TOKEN ("token-of-<name>"), `remember` and `recall` keep
 * what they are told, `echo-token` is careless.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const token = process.env.ACCOUNT_TOKEN;
if (token === undefined) {
  console.error('ACCOUNT_TOKEN is needed');
  process.exit(1);
}

const text = (value) => ({ content: [{ type: 'text', text: value }] });
let remembered = 'nothing';

const server = new McpServer({ name: 'account', version: '1.0.0' });
server.registerTool('whoami', {}, () => text(token.replace('token-of-', '')));
server.registerTool('remember', { inputSchema: { what: z.string() } }, ({ what }) => {
  remembered = what;
  return text('yes');
});
server.registerTool('recall', {}, () => text(remembered));
server.registerTool('echo-token', {}, () => text(`My token is ${token}`));
await server.connect(new StdioServerTransport());
