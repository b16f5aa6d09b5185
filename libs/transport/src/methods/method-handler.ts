import type { CallContext, RawObject } from '@manifold/tool-provider';
import type { CallGuard, View } from '@manifold/tool-registry';
import type { ClientSession } from '../sessions/client-session.js';
import type { Params } from '../json-rpc/json-rpc.js';
import type { Text } from '../json-rpc/spliced-text.js';

/** Result as JSON text, which other responses may share. It is an object with at least one member and no reserved member. */
export class JsonText {
  constructor(readonly text: Text) {}
}

/** Tools that a client of dynamic mode has enabled. They stay enabled until its session ends. */
export interface EnabledTools {
  /** Public names of the enabled tools. */
  readonly names: readonly string[];
  /**
   * Enables these tools, disables all others, and notifies the client if the set has changed.
   * @throws JsonRpcError if the session has ended
   */
  replace(names: readonly string[]): Promise<void>;
}

/** The part of a client that methods need. */
export interface Client {
  readonly view: View;
  /** Capabilities of the client; undefined if servers can ask it nothing. */
  readonly capabilities?: RawObject;
  /** Session of the client; set in the legacy era only. */
  readonly session?: ClientSession;
  /** Enabled tools; set in dynamic mode for clients that have a session. */
  readonly enabled?: EnabledTools;
  /** Whether the client can take its user to a URL if a message before the result asks for it (legacy era). */
  readonly takesUrls: boolean;
  /** Whether it can do so if the result asks for it (modern era). False if the request already answers such a result. */
  readonly takesUrlResults?: boolean;
  /** Check of the calls of tools that the client calls by name. */
  readonly guard?: CallGuard;
  /** Sends a message that belongs to the request, before the result. */
  send(message: string): void;
}

export type MethodResult = JsonText | { readonly [field: string]: unknown };

/**
 * Handler of one MCP method, for both eras.
 *
 * Errors: JsonRpcError for errors that the host handles; ProviderError `cancelled` if the client cancelled, or with an `rpcError` that is
 * passed on unchanged. Text for the model is returned as a result.
 */
export type MethodHandler = (params: Params, context: CallContext, client: Client) => Promise<MethodResult>;
