import type { Principal } from '@manifold/auth';
import type { RawObject } from './askable-client.js';
import type { CallContext } from './call-context.js';
import type { ChangedApp } from './tool-provider.js';

/** A resource of a backend (MCP `Resource`), by its own URI. */
export interface ResourceDescriptor {
  readonly app: string;
  readonly uri: string;
  readonly definition: RawObject;
}

/** A template of resources (MCP `ResourceTemplate`), by its own URI template (RFC 6570). */
export interface ResourceTemplateDescriptor {
  readonly app: string;
  readonly uriTemplate: string;
  readonly definition: RawObject;
}

/** A prompt (MCP `Prompt`). */
export interface PromptDescriptor {
  readonly app: string;
  /** Its name inside the app. */
  readonly name: string;
  /** The name that clients should see; the registry makes it valid and unique. */
  readonly publicName: string;
  readonly definition: RawObject;
}

/**
 * Power: resources. Lists are answered from memory, in a stable order. Reading throws ProviderError, with the `rpcError` of an upstream
 * that refuses.
 */
export interface OffersResources {
  listResources(context: CallContext): Promise<readonly ResourceDescriptor[]>;
  listResourceTemplates(context: CallContext): Promise<readonly ResourceTemplateDescriptor[]>;
  /** @returns the result of `resources/read` as the backend gave it */
  readResource(app: string, uri: string, context: CallContext): Promise<RawObject>;
  /**
   * Hears of changes of one resource, until the returned function is called. Several listeners share one subscription upstream.
   * @param onUpdated gets the params of `notifications/resources/updated`
   */
  subscribeResource(
    app: string,
    uri: string,
    context: CallContext,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void>;
  /** As `onToolsChanged`. */
  onResourcesChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void;
}

/** Power: prompts. */
export interface OffersPrompts {
  listPrompts(context: CallContext): Promise<readonly PromptDescriptor[]>;
  /** @returns the result of `prompts/get` as the backend gave it */
  getPrompt(app: string, name: string, args: RawObject | undefined, context: CallContext): Promise<RawObject>;
  /** As `onToolsChanged`. */
  onPromptsChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void;
}

/** Power: completion of arguments. */
export interface Completes {
  /**
   * @param reference `{type: "ref/prompt", name}` or `{type: "ref/resource", uri}`, with the names of the app itself
   * @param params the other params of `completion/complete`
   * @returns the result as the backend gave it
   */
  complete(app: string, reference: RawObject, params: RawObject, context: CallContext): Promise<RawObject>;
}

/** Power: says what backends can do beyond tools, for the capabilities that the gateway declares. */
export interface DeclaresCapabilities {
  /** Of one app, as it declared them (MCP `ServerCapabilities`), with its `instructions` where it gave some; undefined: not known yet. */
  serverFeatures(
    app: string,
    principal: Principal,
  ): { readonly capabilities: RawObject; readonly instructions?: string; readonly serverInfo?: RawObject } | undefined;
}

/** Power: has tools that are only for clients that can be asked, and does not know of them before there is one. */
export interface MeetsClients {
  /**
   * A client with these capabilities (`sampling`, `elicitation`, `roots`) is there: to be called when it introduces itself. Returns at
   * once; what is found is announced like other changes of the tools.
   */
  clientArrived(principal: Principal, capabilities: RawObject): void;
}

/** Power: work that goes on after the call that began it (the extension `io.modelcontextprotocol/tasks` of 2026-07-28). */
export interface RelaysTasks {
  /**
   * @param method `tasks/get`, `tasks/update` or `tasks/cancel`
   * @param params with the `taskId` that the app gave
   * @returns the result as the backend gave it
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
export const meetsClients = <P extends object>(provider: P): provider is P & MeetsClients =>
  'clientArrived' in provider;
