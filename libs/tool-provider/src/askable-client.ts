/** A JSON object as it came over the wire: fields that nobody knows pass. */
export type RawObject = { readonly [field: string]: unknown };

/** What a backend says while it works: the params of `notifications/message` (MCP, server/utilities/logging). */
export type LogMessage = RawObject & { readonly level: string };

/**
 * The client behind a call, for backends that ask it something in the middle of the call (MCP, client features: sampling, elicitation,
 * roots). The same for clients of both eras: how the question reaches them is the transport's business.
 */
export interface AskableClient {
  /** As the client declared them: `sampling`, `elicitation`, `roots`, ... */
  readonly capabilities: RawObject;
  /**
   * Asks, and waits for the answer. Questions that are asked at the same time may reach the client together.
   * @param method `sampling/createMessage`, `elicitation/create`, `roots/list`, or whatever a backend asks
   * @returns the client's result as it gave it
   * @throws ProviderError with the client's `rpcError`; `cancelled` or `timeout` when the call ends before the answer
   */
  ask(method: string, params: RawObject | undefined): Promise<RawObject>;
}
