import type { Principal } from '@manifold/auth';
import type { RawObject } from './requestable-client.js';
import type { CallContext } from './call-context.js';
import type { ChangedApp } from './tool-provider.js';

/** Resource of a backend (MCP `Resource`), with the backend's own URI. */
export interface ResourceDescriptor {
  readonly app: string;
  readonly uri: string;
  readonly definition: RawObject;
}

/** Resource template of a backend (MCP `ResourceTemplate`), with the backend's own URI template (RFC 6570). */
export interface ResourceTemplateDescriptor {
  readonly app: string;
  readonly uriTemplate: string;
  readonly definition: RawObject;
}

/** Prompt of a backend (MCP `Prompt`). */
export interface PromptDescriptor {
  readonly app: string;
  /** Name of the prompt inside the app. */
  readonly name: string;
  /** Name that the provider suggests for clients. The registry makes it valid and unique. */
  readonly publicName: string;
  readonly definition: RawObject;
}

/**
 * Optional interface of a provider: it has resources. Lists come from memory, in a stable order. If an upstream refuses a read, the
 * ProviderError has the upstream's `rpcError`.
 */
export interface OffersResources {
  listResources(context: CallContext): Promise<readonly ResourceDescriptor[]>;
  listResourceTemplates(context: CallContext): Promise<readonly ResourceTemplateDescriptor[]>;
  /** @returns the result of `resources/read`, unchanged */
  readResource(app: string, uri: string, context: CallContext): Promise<RawObject>;
  /**
   * Subscribes to updates of one resource until the returned function is called. Several listeners share one upstream subscription.
   * @param onUpdated called with the params of `notifications/resources/updated`
   */
  subscribeResource(
    app: string,
    uri: string,
    context: CallContext,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void>;
  /** Like `onToolsChanged` ({@link NotifiesChanges}), for resources. */
  onResourcesChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void;
}

/** Optional interface of a provider: it has prompts. */
export interface OffersPrompts {
  listPrompts(context: CallContext): Promise<readonly PromptDescriptor[]>;
  /** @returns the result of `prompts/get`, unchanged */
  getPrompt(app: string, name: string, args: RawObject | undefined, context: CallContext): Promise<RawObject>;
  /** Like `onToolsChanged` ({@link NotifiesChanges}), for prompts. */
  onPromptsChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void;
}

/** Optional interface of a provider: it completes arguments. */
export interface Completes {
  /**
   * @param reference `{type: "ref/prompt", name}` or `{type: "ref/resource", uri}`, with the names of the app itself
   * @param params the other params of `completion/complete`
   * @returns the backend's result, unchanged
   */
  complete(app: string, reference: RawObject, params: RawObject, context: CallContext): Promise<RawObject>;
}

/** Optional interface of a provider: it knows the MCP capabilities of its apps. The gateway declares its own capabilities from them. */
export interface DeclaresCapabilities {
  /**
   * Returns what one app has declared: its MCP `ServerCapabilities`, and its `instructions` and `serverInfo` if it has sent them.
   * Undefined if they are not known yet.
   */
  serverFeatures(
    app: string,
    principal: Principal,
  ): { readonly capabilities: RawObject; readonly instructions?: string; readonly serverInfo?: RawObject } | undefined;
}

/**
 * Optional interface of a provider: some of its tools need a client that accepts server requests. The provider can list them only after
 * such a client has connected.
 */
export interface ObservesClients {
  /**
   * Must be called when a client has initialized with these capabilities (`sampling`, `elicitation`, `roots`). Returns at once. Newly
   * found tools are announced like other changes of the tools.
   */
  onClientConnected(principal: Principal, capabilities: RawObject): void;
}

/**
 * Optional interface of a provider: it relays tasks, which continue after the call that created them (extension
 * `io.modelcontextprotocol/tasks` of 2026-07-28).
 */
export interface RelaysTasks {
  /**
   * @param method `tasks/get`, `tasks/update` or `tasks/cancel`
   * @param params params with the app's own `taskId`
   * @returns the backend's result, unchanged
   */
  relayTask(app: string, method: string, params: RawObject, context: CallContext): Promise<RawObject>;
}

export const offersResources = <P extends object>(provider: P): provider is P & OffersResources =>
  'listResources' in provider;
export const offersPrompts = <P extends object>(provider: P): provider is P & OffersPrompts =>
  'listPrompts' in provider;
export const completes = <P extends object>(provider: P): provider is P & Completes => 'complete' in provider;
export const declaresCapabilities = <P extends object>(provider: P): provider is P & DeclaresCapabilities =>
  'serverFeatures' in provider;
export const relaysTasks = <P extends object>(provider: P): provider is P & RelaysTasks => 'relayTask' in provider;
export const observesClients = <P extends object>(provider: P): provider is P & ObservesClients =>
  'onClientConnected' in provider;
