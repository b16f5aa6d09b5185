import type { Principal } from '@manifold/auth';
import type { CallContext } from './call-context.js';

/** A tool as its owner describes it (MCP `Tool`). Fields that the gateway does not know pass through. */
export interface ToolDefinition {
  readonly name: string;
  readonly inputSchema?: unknown;
  readonly [field: string]: unknown;
}

/** The result of `tools/call` as its owner gave it (MCP `CallToolResult`). */
export type ToolResult = { readonly [field: string]: unknown };

/**
 * Names a tool inside its provider. Opaque to everybody else; it is handed back to `callTool`, never parsed. Plain data: a tool
 * whose reference and definition have equal values is the tool that it was, and an earlier reference stays in use.
 */
export type ToolRef = object;

export interface ToolDescriptor {
  readonly ref: ToolRef;
  /** What `apps=` filters by: the integration's key or the registered server's name. */
  readonly app: string;
  /** The tool's name inside its app, as REST callers give it. */
  readonly name: string;
  /** The name that agents should see. The registry makes it valid and unique. */
  readonly publicName: string;
  readonly definition: ToolDefinition;
}

/**
 * One backend of the gateway.
 *
 * Lifecycle: 1. constructed by Nest, without I/O; 2. `onModuleInit` prepares it; 3. any number of parallel calls;
 * 4. `onApplicationShutdown` stops it, also after half a start.
 *
 * Both methods throw nothing but ProviderError, keep nothing about a call on the instance, and stop their I/O when
 * `context.signal` aborts.
 */
export interface ToolProvider {
  /** A lowercase constant, unique in the gateway. */
  readonly id: string;

  /**
   * The tools that the principal may use, in a stable order. The registry keeps the answer, which must not be modified any more,
   * and asks again every TOOL_LIST_TTL_MS, meanwhile and while the provider fails showing what it has. `permission_denied` and
   * `reauth_required` take the tools away at once. Principals who are answered the very same array share its memory.
   * See {@link SharesCatalogue} and {@link NotifiesChanges}.
   */
  listTools(context: CallContext): Promise<readonly ToolDescriptor[]>;

  /**
   * Runs the tool once: a provider never repeats a call whose effect is unknown.
   * @param ref from a descriptor of this provider, of a listing for the same principal
   */
  callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult>;
}

/** Power: several principals share one listing. Without it each principal has a listing of its own. */
export interface SharesCatalogue {
  /** Principals with the same key get the same listing. */
  catalogueKey(principal: Principal): string;
}

/** Where something has changed. Plain JSON: replicas tell each other. */
export interface ChangedApp {
  readonly tenant: string;
  /** Not set: who may use which apps of the tenant. */
  readonly app?: string;
}

/** Power: not everybody who may hear of a change has anything to do with it. */
export interface ConcernsSome {
  isConcerned(principal: Principal, changed: ChangedApp): boolean;
}

/** Power: the provider says when its listing has changed. It is then asked again when somebody wants to know, and not before. */
export interface NotifiesChanges {
  /** Set where the backend also changes without a word: the provider is then asked every TOOL_LIST_TTL_MS all the same. */
  readonly announcesOnlySome?: boolean;

  /**
   * @param listener called with the catalogue key whose listing has changed (see {@link SharesCatalogue}; without that power it is
   * the principal's own key), or without one: everybody's, where `changed` does not say whom it concerns (see {@link ConcernsSome})
   * @returns a function that ends the subscription
   */
  onToolsChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void;
}

/** What a provider knows of one of its apps: enough to say why a tool cannot be called. */
export interface AppState {
  readonly enabled: boolean;
  /** Why its tools are not there, in words for the caller. */
  readonly unavailable?: string;
  /**
   * Set where nobody knows its tools before a user has agreed. Throws ProviderError, `reauth_required` if this user has not; else its
   * tools can be looked up again.
   */
  readonly demandsConsent?: (context: CallContext) => Promise<void>;
}

/** Power: tells an unknown app from one that is disabled or down. */
export interface DescribesApps {
  describeApp(app: string, principal: Principal): Promise<AppState | undefined>;
}

export interface ProviderHealth {
  readonly status: 'up' | 'degraded' | 'down';
  /** In words for an operator, without secrets. */
  readonly detail?: string;
}

/** Power: shows in `/healthz`. Answers from what it knows, without a round trip. */
export interface ChecksHealth {
  health(): ProviderHealth;
}

export const sharesCatalogue = (provider: ToolProvider): provider is ToolProvider & SharesCatalogue =>
  'catalogueKey' in provider;
export const notifiesChanges = (provider: ToolProvider): provider is ToolProvider & NotifiesChanges =>
  'onToolsChanged' in provider;
export const describesApps = (provider: ToolProvider): provider is ToolProvider & DescribesApps =>
  'describeApp' in provider;
export const concernsSome = <P extends object>(provider: P): provider is P & ConcernsSome => 'isConcerned' in provider;
export const checksHealth = (provider: ToolProvider): provider is ToolProvider & ChecksHealth => 'health' in provider;

/** Every provider of the gateway, in listing order. Composed in `apps/gateway/src/providers.ts`; duplicate ids refuse to start. */
export class ToolProviders {
  constructor(readonly all: readonly ToolProvider[]) {
    const ids = all.map((provider) => provider.id);
    const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
    if (duplicate) throw new Error(`Two tool providers have the id "${duplicate}"`);
  }
}
