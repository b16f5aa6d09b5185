// The registry of MCP servers: REST, access, consent, calls.
// The gateway mounts its module. The library mcp-hosting runs servers, and mcp-client implements the protocol.
export { McpServersModule } from './mcp-servers.module.js';
export { McpServersProvider } from './mcp-servers.provider.js';
export { SEALED_SERVERS } from './sealed-servers.js';
