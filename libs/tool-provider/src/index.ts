// The contract between the tool registry and a provider (a backend): interfaces, errors and the call context.
// The contract does not depend on HTTP. `backend-api` is an HTTP client for providers.
export type { RequestableClient, LogMessage, ServerRequest, RawObject } from './requestable-client.js';
export type { CallTrace, SpanAttributes, TraceCarrier, UpstreamSpan } from './call-trace.js';
export {
  openCall,
  type CallContext,
  type CallOptions,
  type CallOrigin,
  type OpenCall,
  type Progress,
} from './call-context.js';
export { explain, ProviderError, type ProviderErrorCode, type ProviderErrorOptions } from './provider-error.js';
export {
  completes,
  declaresCapabilities,
  observesClients,
  offersPrompts,
  offersResources,
  relaysTasks,
  type Completes,
  type DeclaresCapabilities,
  type ObservesClients,
  type OffersPrompts,
  type OffersResources,
  type PromptDescriptor,
  type ResourceDescriptor,
  type ResourceTemplateDescriptor,
  type RelaysTasks,
} from './relay.js';
export {
  checksHealth,
  scopesChanges,
  describesApps,
  notifiesChanges,
  sharesCatalogue,
  ToolProviders,
  type AppState,
  type ChangedApp,
  type ChecksHealth,
  type ScopesChanges,
  type DescribesApps,
  type NotifiesChanges,
  type ProviderHealth,
  type SharesCatalogue,
  type ToolDefinition,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from './tool-provider.js';
export { BackendUsers, NOT_SERVED, type BackendCaller } from './backend-api/backend-users.js';
export { BackendApi, EFFECT_UNKNOWN, type ApiAnswer, type ApiCall } from './backend-api/backend-api.js';
export { parseJson, type JsonObject } from './backend-api/json.js';
