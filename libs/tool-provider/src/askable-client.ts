/** A JSON object as it came over the wire: fields that nobody knows pass. */
export type RawObject = { readonly [field: string]: unknown };

/** What a backend says while it works: the params of `notifications/message` (MCP, server/utilities/logging). */
export type LogMessage = RawObject & { readonly level: string };

/** What a backend wants to know of the client. */
export interface Question {
  /** `sampling/createMessage`, `elicitation/create`, `roots/list`, or whatever a backend asks. */
  readonly method: string;
  readonly params?: RawObject;
}

/**
 * The client behind a call, for backends that ask it something in the middle of the call (MCP, client features: sampling, elicitation,
 * roots). The same for clients of both eras: how the questions reach them is the transport's business.
 */
export interface AskableClient {
  /** As the client declared them: `sampling`, `elicitation`, `roots`, ... */
  readonly capabilities: RawObject;
  /**
   * Stands for the session of the client, as far as it has one: what a backend keeps for one session is not shown to another. Calls of
   * one principal without it count as one session.
   */
  readonly sessionKey?: string;
  /**
   * Asks, and waits for all answers.
   * @param questions by the names that the backend gave them: clients of the modern era see these as the keys of `inputRequests`, and
   * conformance compares them character by character. A backend that asks one thing at a time makes a name up.
   * @returns the client's results as it gave them, by the same names
   * @throws ProviderError with the client's `rpcError`; `cancelled` or `timeout` when the call ends before the answers
   */
  ask(questions: Readonly<Record<string, Question>>): Promise<Readonly<Record<string, RawObject>>>;
}
