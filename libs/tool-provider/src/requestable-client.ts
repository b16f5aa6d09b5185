/** JSON object as received. Unknown fields are kept. */
export type RawObject = { readonly [field: string]: unknown };

/** Log message of a backend: the params of `notifications/message` (MCP, server/utilities/logging). */
export type LogMessage = RawObject & { readonly level: string };

/** Request of a backend to the client, without its id (MCP schema, `ServerRequest`). */
export interface ServerRequest {
  /** `sampling/createMessage`, `elicitation/create`, `roots/list` or any other method. */
  readonly method: string;
  readonly params?: RawObject;
}

/**
 * The client of a call, for backends that send it requests during the call (MCP, client features: sampling, elicitation, roots). The
 * interface is the same for clients of the legacy and the modern era; the transport hides the difference.
 */
export interface RequestableClient {
  /** Capabilities that the client declared: `sampling`, `elicitation`, `roots`, ... */
  readonly capabilities: RawObject;
  /**
   * Key of the client's session, if it has one. State that a backend keeps for one session is not visible to another session. All calls
   * of a principal without a key count as one session.
   */
  readonly sessionKey?: string;
  /**
   * Sends requests to the client and waits for all results.
   * @param requests requests by the backend's own keys. Clients of the modern era see them as the keys of `inputRequests`, and the
   * conformance tests compare them exactly. For a backend that sends one request at a time, the provider chooses a key.
   * @returns the client's results, unchanged, by the same keys
   * @throws ProviderError with the client's `rpcError`; `cancelled` or `timeout` when the call ends before the answers
   */
  request(requests: Readonly<Record<string, ServerRequest>>): Promise<Readonly<Record<string, RawObject>>>;
}
