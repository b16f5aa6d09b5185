import type { Principal } from '@manifold/auth';
import type { CallContext } from './call-context.js';

/** Tool as its provider describes it (MCP `Tool`). Unknown fields are kept. */
export interface ToolDefinition {
  readonly name: string;
  readonly inputSchema?: unknown;
  readonly [field: string]: unknown;
}

/** Result of `tools/call` as the provider returned it (MCP `CallToolResult`). */
export type ToolResult = { readonly [field: string]: unknown };

/**
 * Reference to a tool inside its provider. The registry passes it to `callTool` and never reads it. It is plain data: if reference and
 * definition of a newly listed tool have equal values, the tool is unchanged and the registry keeps the earlier reference.
 */
export type ToolRef = object;

export interface ToolDescriptor {
  readonly ref: ToolRef;
  /** The integration's key or the registered server's name. The query parameter `apps=` filters by it. */
  readonly app: string;
  /** The tool's name inside its app, as REST callers give it. */
  readonly name: string;
  /** Name that the provider suggests for agents. The registry makes it valid and unique. */
  readonly publicName: string;
  readonly definition: ToolDefinition;
  /**
   * Names of client capabilities (MCP `ClientCapabilities`) of which the tool needs one. Only clients that have declared one of them are
   * listed the tool. Undefined: it is for all clients.
   */
  readonly needsOneOf?: readonly string[];
}

/**
 * One backend of the gateway.
 *
 * Lifecycle: 1. Nest constructs it, without I/O; 2. `onModuleInit` prepares it; 3. it serves any number of parallel calls;
 * 4. `onApplicationShutdown` stops it, also after an incomplete start.
 *
 * Both methods throw only ProviderError, store nothing about a call in the instance, and stop their I/O when `context.signal` aborts.
 */
export interface ToolProvider {
  /** A lowercase constant, unique in the gateway. */
  readonly id: string;

  /**
   * Returns the tools that the principal may use, in a stable order. The registry caches the array, so the provider must not modify it.
   * The registry lists again every TOOL_LIST_TTL_MS. Until then, and while the provider fails, it shows the cached tools.
   * `permission_denied` and `reauth_required` remove the tools at once. Principals that get the same array object share its memory.
   * See {@link SharesCatalogue} and {@link NotifiesChanges}.
   */
  listTools(context: CallContext): Promise<readonly ToolDescriptor[]>;

  /**
   * Runs the tool once. A provider never repeats a call whose effect is unknown.
   * @param ref reference from a descriptor that this provider has listed for the same principal
   */
  callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult>;
}

/** Optional interface of a provider: several principals share one listing. Without it, each principal has a separate listing. */
export interface SharesCatalogue {
  /** Principals with the same key get the same listing. */
  catalogueKey(principal: Principal): string;
}

/** Scope of a change. It is plain JSON, because replicas send it to each other. */
export interface ChangedApp {
  readonly tenant: string;
  /** Not set if the access rules of the tenant's apps have changed. */
  readonly app?: string;
}

/** Optional interface of a provider: changes have a scope. The registry notifies only the principals that `isAffected` accepts. */
export interface ScopesChanges {
  isAffected(principal: Principal, changed: ChangedApp): boolean;
}

/** Optional interface of a provider: it announces changes of its listing. The registry then lists again on the next request. */
export interface NotifiesChanges {
  /** Set if some changes of the backend are not announced. The registry then also lists again every TOOL_LIST_TTL_MS. */
  readonly announcesOnlySome?: boolean;

  /**
   * @param listener called with the catalogue key whose listing has changed (see {@link SharesCatalogue}; without that interface it is
   * the principal's key). Without a key, all listings have changed; `changed` may limit the affected principals (see
   * {@link ScopesChanges})
   * @returns a function that ends the subscription
   */
  onToolsChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void;
}

/** State of an app. It explains why a tool of the app cannot be called. */
export interface AppState {
  readonly enabled: boolean;
  /** Reason why the app's tools are not available, for the caller. */
  readonly unavailable?: string;
  /** Whether it is unavailable because it is still starting. */
  readonly isStarting?: boolean;
  /**
   * Set if tools of the app may be missing from its listing, while it starts or until a user has given consent. Resolves when the caller
   * should look up the tools again; at once if none is missing. Throws ProviderError, with `reauth_required` if this user has not consented, or the reason of the
   * context's signal.
   */
  readonly untilListed?: (context: CallContext) => Promise<void>;
}

/** Optional interface of a provider: it distinguishes an unknown app from an app that is disabled or down. */
export interface DescribesApps {
  describeApp(app: string, principal: Principal): Promise<AppState | undefined>;
}

export interface ProviderHealth {
  readonly status: 'up' | 'degraded' | 'down';
  /** Explanation for the operator, without secrets. */
  readonly detail?: string;
}

/** Optional interface of a provider: it has a status in `/healthz`. It answers from memory and sends no request. */
export interface ChecksHealth {
  health(): ProviderHealth;
}

export const sharesCatalogue = (provider: ToolProvider): provider is ToolProvider & SharesCatalogue =>
  'catalogueKey' in provider;
export const notifiesChanges = (provider: ToolProvider): provider is ToolProvider & NotifiesChanges =>
  'onToolsChanged' in provider;
export const describesApps = (provider: ToolProvider): provider is ToolProvider & DescribesApps =>
  'describeApp' in provider;
export const scopesChanges = <P extends object>(provider: P): provider is P & ScopesChanges => 'isAffected' in provider;
export const checksHealth = (provider: ToolProvider): provider is ToolProvider & ChecksHealth => 'health' in provider;

/**
 * All providers of the gateway, in listing order. They are composed in `apps/gateway/src/providers.ts`. If two providers have the same id,
 * the gateway refuses to start.
 */
export class ToolProviders {
  constructor(readonly all: readonly ToolProvider[]) {
    const ids = all.map((provider) => provider.id);
    const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
    if (duplicate) throw new Error(`Two tool providers have the id "${duplicate}"`);
  }
}
