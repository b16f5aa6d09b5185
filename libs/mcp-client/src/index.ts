// MCP client for servers over stdio and Streamable HTTP, in both eras. mcp-hosting and the provider of registered servers
// use it. It does not depend on Nest, server records or users.
export { ALL_CAPABILITIES } from './protocol/all-capabilities.js';
export { connectHttp, type HttpOptions, type HttpSpec } from './connect-http.js';
export { connectStdio, type StdioOptions } from './connect-stdio.js';
export type { Era, EraMemory } from './protocol/era.js';
export type { HttpClient } from './http/http-exchange.js';
export { HttpStatusError } from './http/http-status-error.js';
export { LogRing, type LogLine } from './protocol/log-ring.js';
export { NotSentError } from './protocol/not-sent-error.js';
export { abortReason } from './json-rpc/pending-request.js';
export {
  type CloseOptions,
  type Primitives,
  type RawObject,
  type RequestOptions,
  type UpstreamConnection,
  type UpstreamSession,
} from './protocol/upstream-connection.js';
export { type ReconnectionOptions } from './http/reconnection.js';
export { type StdioProcess } from './stdio/stdio-transport.js';
export { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
