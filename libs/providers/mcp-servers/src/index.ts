export { McpServersModule } from './mcp-servers.module.js';
export { McpServersProvider } from './mcp-servers.provider.js';
