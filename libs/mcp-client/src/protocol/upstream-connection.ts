import type { Cancellation } from '@manifold/async';
import type { RequestableClient, LogMessage, Progress, ToolDefinition } from '@manifold/tool-provider';

/** A JSON object as it was received. Unknown fields are kept. */
export type RawObject = { readonly [field: string]: unknown };

/** Primitives of a server other than tools: resources, templates and prompts, in the order of the server. */
export interface Primitives {
  readonly resources: readonly RawObject[];
  readonly templates: readonly RawObject[];
  readonly prompts: readonly RawObject[];
}

/** The data with which a Streamable HTTP session can be resumed after a restart of the gateway. */
export interface UpstreamSession {
  readonly id: string;
  readonly protocolVersion: string;
  readonly initializeResult: RawObject;
}

export interface RequestOptions {
  /** Aborts the request; its reason is what `request` rejects with. */
  readonly signal: Cancellation;
  /** Asks the server for progress. Not called after the request has ended. Must not throw. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Receives the server's log messages for this request, if it is certain that they belong to it. Not called after the
   * request has ended. Must not throw.
   */
  readonly onLog?: (message: LogMessage) => void;
  /** The `_meta` of the request. A progress token in it is not passed on. */
  readonly meta?: RawObject;
  /** Receives the requests that the server makes for this one, if it is certain that they belong to it. */
  readonly client?: RequestableClient;
  /** Values in the params that must not appear in the server's log. The sender of the request keeps them out of this process's log. */
  readonly secrets?: readonly string[];
}

export interface CloseOptions {
  /** Ends the session of a Streamable HTTP server. Otherwise it can be resumed. */
  readonly endSession?: boolean;
  /** Kills a stdio server without asking it to exit. */
  readonly atOnce?: boolean;
}

/**
 * One open, initialized connection to one MCP server.
 *
 * Every method rejects with ProviderError only: the server's JSON-RPC error → `upstream_rejected` with the unchanged
 * `rpcError`; connection ended → `upstream_unavailable`; abort → the signal's reason. No request is repeated, except one
 * that the server refused because its session had ended (Streamable HTTP, status 404: it was not executed).
 */
export interface UpstreamConnection {
  /** The unchanged result of the server, the latest one after a new session. */
  readonly initializeResult: RawObject;
  /** Process id of a stdio server. */
  readonly pid?: number;
  /** Whether server requests and log messages can be assigned to the request that caused them while several requests are running. */
  readonly correlates: { readonly requests: boolean; readonly logs: boolean };
  /**
   * Sends one request and waits for its result. On abort, `notifications/cancelled` is sent to the server, and its later
   * messages about the request are dropped. A `progressToken` in `params._meta` is replaced by the connection's own.
   */
  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject>;
  /** Returns the tools of all pages, within the limits of `paged-list.ts`. Items over the limits are dropped and logged. */
  listTools(signal: Cancellation): Promise<readonly ToolDefinition[]>;
  /** Registers a listener for changes of the server's tools. */
  onToolsChanged(listener: () => void): void;
  /** Returns the resources and prompts of all pages, within the same limits, if the server declares any. */
  listPrimitives(signal: AbortSignal): Promise<Primitives>;
  /** Registers a listener for changes of the server's resources or prompts. */
  onPrimitivesChanged(listener: () => void): void;
  /**
   * Subscribes to changes of a resource. The server gets one subscription for each URI, however often this is called. A new
   * session of the same connection subscribes again by itself.
   */
  subscribe(uri: string, signal: AbortSignal): Promise<void>;
  /** Ends a subscription. Has no effect without one. Errors are only logged. */
  unsubscribe(uri: string): void;
  /**
   * Registers a listener for updates of subscribed resources. It is also called, with the URI alone, when an update may have been
   * missed.
   * @param listener gets the params of `notifications/resources/updated`
   */
  onResourceUpdated(listener: (params: RawObject) => void): void;
  /**
   * Registers a listener that is called once when the connection ends by itself, with the reason in words for operators. It
   * is never called for `close()`.
   */
  onClosed(listener: (reason: string) => void): void;
  /** Closes the connection. When this resolves, the process of a stdio server and everything that it started have ended. Never rejects. */
  close(options?: CloseOptions): Promise<void>;
}
