export type { AskableClient, LogMessage, Question, RawObject } from './askable-client.js';
export type { CallTrace, SpanAttributes, TraceCarrier, UpstreamSpan } from './call-trace.js';
export {
  openCall,
  type CallContext,
  type CallOptions,
  type CallOrigin,
  type OpenCall,
  type Progress,
} from './call-context.js';
export { ProviderError, type ProviderErrorCode, type ProviderErrorOptions } from './provider-error.js';
export {
  completes,
  declaresCapabilities,
  meetsClients,
  offersPrompts,
  offersResources,
  relaysTasks,
  type Completes,
  type DeclaresCapabilities,
  type MeetsClients,
  type OffersPrompts,
  type OffersResources,
  type PromptDescriptor,
  type ResourceDescriptor,
  type ResourceTemplateDescriptor,
  type RelaysTasks,
} from './relay.js';
export {
  checksHealth,
  concernsSome,
  describesApps,
  notifiesChanges,
  sharesCatalogue,
  ToolProviders,
  type AppState,
  type ChangedApp,
  type ChecksHealth,
  type ConcernsSome,
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
