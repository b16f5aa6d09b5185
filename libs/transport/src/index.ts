// Serves MCP to clients: Streamable HTTP and HTTP+SSE, sessions, streams, both eras.
// It reaches backends only through the tool registry. It imports no provider and no mcp-* library.
export { Drain } from './endpoints/drain.js';
export { JsonRpcFilter } from './http/json-rpc.filter.js';
export { isMcpPath } from './http/mcp-paths.js';
export { isAllowedOrigin } from './http/rebinding.guard.js';
export { servedUrl } from './http/request-checks.js';
export { TransportModule } from './transport.module.js';
export { TransportStatus } from './endpoints/transport-status.js';
export { SEALED_EVENTS } from './streams/sealed-events.js';
