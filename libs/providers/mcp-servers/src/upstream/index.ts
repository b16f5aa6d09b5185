export { ALL_CAPABILITIES } from './all-capabilities.js';
export { connectHttp, type HttpOptions, type HttpSpec } from './connect-http.js';
export { connectStdio, type StdioOptions } from './connect-stdio.js';
export type { Era, EraMemory } from './era.js';
export type { HttpClient } from './http-exchange.js';
export { HttpRefusal } from './http-refusal.js';
export { LogRing, type LogLine } from './log-ring.js';
export { NotSentError } from './not-sent-error.js';
export { abortReason } from './pending-request.js';
export { isObject } from './rpc-values.js';
export {
  type CloseOptions,
  type Offer,
  type RawObject,
  type RequestOptions,
  type UpstreamConnection,
  type UpstreamSession,
} from './upstream-connection.js';
export { type ReconnectionOptions } from './reconnection.js';
export { type StdioSpec } from './server-process.js';
