/** Nobody offers this tool to this caller: it does not exist, or the caller may not see it. */
export class UnknownToolError extends Error {
  constructor(readonly tool: string) {
    super(`Unknown tool: ${tool}`);
    this.name = 'UnknownToolError';
  }
}

/** A call by (app, tool name) that cannot be dispatched, with what is known of the app. */
export class AppUnavailableError extends Error {
  constructor(
    readonly app: string,
    readonly reason: 'unknown' | 'disabled' | 'unavailable',
    message: string,
  ) {
    super(message);
    this.name = 'AppUnavailableError';
  }
}
