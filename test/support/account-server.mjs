/**
 * An MCP server for one user, like many published ones. It reads its token from the environment at its start and does not know the gateway.
 * Each process represents one account. `whoami` answers the name in ACCOUNT_TOKEN ("token-of-<name>"), `remember` stores a text, `recall`
 * returns it, and `echo-token` reveals the token.
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
