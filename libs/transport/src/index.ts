export { Drain } from './drain.js';
export { JsonRpcFilter } from './json-rpc.filter.js';
export { isMcpPath } from './mcp-paths.js';
export { isAllowedOrigin } from './rebinding.guard.js';
export { TransportModule } from './transport.module.js';
export { TransportStatus } from './transport-status.js';
