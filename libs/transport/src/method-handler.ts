import type { CallContext, ToolDefinition } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import type { ClientSession } from './client-session.js';
import type { Params } from './json-rpc.js';
import type { Text } from './spliced-text.js';

/** JSON text of a result that was not made for this answer alone. An object with at least one member, none of them reserved. */
export class JsonText {
  constructor(readonly text: Text) {}
}

/** The tools that a client of dynamic mode has enabled, for as long as its session lives. */
export interface EnabledTools {
  /** Public names. */
  readonly names: readonly string[];
  /**
   * Enables these and no others, and tells the client.
   * @throws JsonRpcError when the session has ended
   */
  replace(names: readonly string[]): Promise<void>;
}

/** Has a say before a tool is called. */
export interface CallGuard {
  /** @throws JsonRpcError for a call that must not reach an upstream */
  checkCall(definition: ToolDefinition, args: Params): void;
}

/** The client that sent the request, as far as methods have to do with it. */
export interface Client {
  readonly view: View;
  /** In the legacy era. */
  readonly session?: ClientSession;
  /** In dynamic mode, for clients that have a session. */
  readonly enabled?: EnabledTools;
  /** Whether it can take its user to a URL when a message before the result asks for that, as the legacy era does. */
  readonly takesUrls: boolean;
  /** The same by a result that asks, as the modern era does; not when the request is already the answer to one. */
  readonly takesUrlResults?: boolean;
  /** For tools that the client calls by their names. */
  readonly guard?: CallGuard;
  /** Sends a message that belongs to the request, before its result. */
  send(message: string): void;
}

export type MethodResult = JsonText | { readonly [field: string]: unknown };

/**
 * Serves one method of MCP, in every era alike.
 *
 * Errors: JsonRpcError for the host; ProviderError `cancelled` when the client gave up, or with an `rpcError` that passes
 * as it is. What the model should read is a result.
 */
export type MethodHandler = (params: Params, context: CallContext, client: Client) => Promise<MethodResult>;
