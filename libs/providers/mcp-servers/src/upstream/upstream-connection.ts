import type { Cancellation } from '@manifold/cancellation';
import type { AskableClient, LogMessage, Progress, ToolDefinition } from '@manifold/tool-provider';

/** A JSON object as it came over the wire: fields that nobody knows are kept. */
export type RawObject = { readonly [field: string]: unknown };

/** What a server offers beside tools, in its own order. */
export interface Offer {
  readonly resources: readonly RawObject[];
  readonly templates: readonly RawObject[];
  readonly prompts: readonly RawObject[];
}

/** What a Streamable HTTP session needs to be resumed after a restart of the gateway. */
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
  /** Gets what the server logs for this request, as far as that is certain. Not called after the request has ended. Must not throw. */
  readonly onLog?: (message: LogMessage) => void;
  /** Passes as `_meta`; a progress token in it does not. */
  readonly meta?: RawObject;
  /** Gets the questions that the server asks for this request, as far as that is certain. */
  readonly client?: AskableClient;
  /** What of the params must not show in the log of the server; whoever sends the request sees to the log of this process. */
  readonly secrets?: readonly string[];
}

export interface CloseOptions {
  /** Tells a Streamable HTTP server to forget the session, which otherwise can be resumed. */
  readonly endSession?: boolean;
  /** Kills a stdio server without asking it to leave. */
  readonly atOnce?: boolean;
}

/**
 * One live connection to one MCP server, initialised.
 *
 * Every method rejects with ProviderError only: the server's JSON-RPC error → `upstream_rejected` with `rpcError` as it
 * came; connection gone → `upstream_unavailable`; abort → the signal's reason. Nothing is repeated, except a request
 * that the server refused because its session had ended (Streamable HTTP, status 404: it was not executed).
 */
export interface UpstreamConnection {
  /** As the server gave it; the latest one after a new session. */
  readonly initializeResult: RawObject;
  /** Process id of a stdio server. */
  readonly pid?: number;
  /** What can be told apart on it when several requests are under way: whose question it is, and whose log line. */
  readonly tellsApart: { readonly questions: boolean; readonly logs: boolean };
  /**
   * Sends one request and waits for its result. On abort the server is told (`notifications/cancelled`), and whatever
   * it still says about the request is dropped. A `progressToken` in `params._meta` is replaced by the connection's own.
   */
  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject>;
  /** The tools of every page, within the limits of `paged-list.ts`: what is over them is dropped and logged. */
  listTools(signal: Cancellation): Promise<readonly ToolDefinition[]>;
  /** The server says that its tools have changed. */
  onToolsChanged(listener: () => void): void;
  /** The resources and prompts of every page, as far as the server says that it has any, within the same limits. */
  listOffer(signal: AbortSignal): Promise<Offer>;
  /** The server says that its resources or its prompts have changed. */
  onOfferChanged(listener: () => void): void;
  /**
   * Asks to be told of changes of a resource. Once for each URI, however often it is called; a new session of the same connection
   * asks again by itself.
   */
  subscribe(uri: string, signal: AbortSignal): Promise<void>;
  /** Takes `subscribe` back. Without effect where it was not called; what goes wrong is only logged. */
  unsubscribe(uri: string): void;
  /** @param listener gets the params of `notifications/resources/updated` */
  onResourceUpdated(listener: (params: RawObject) => void): void;
  /** The connection ended by itself, with the reason in words for an operator. Called once, never for `close()`. */
  onClosed(listener: (reason: string) => void): void;
  /**
   * Ends the connection; a stdio server and everything that it started are gone when this resolves. Never rejects.
   */
  close(options?: CloseOptions): Promise<void>;
}
