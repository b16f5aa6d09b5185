import { shortName } from '@manifold/async';

/** Error for a tool that does not exist or is not visible to the caller. */
export class UnknownToolError extends Error {
  readonly tool: string;

  /** @param tool as the caller named it. A long name is cut */
  constructor(tool: string) {
    const name = shortName(tool);
    super(`Unknown tool: ${name}`);
    this.name = 'UnknownToolError';
    this.tool = name;
  }
}

/** Error for a call by (app, tool name) that cannot be dispatched. `reason` says what state the app is in. */
export class AppUnavailableError extends Error {
  constructor(
    readonly app: string,
    readonly reason: 'unknown' | 'disabled' | 'unavailable',
    message: string,
    /** Whether it is unavailable because it is still starting. */
    readonly isStarting = false,
  ) {
    super(message);
    this.name = 'AppUnavailableError';
  }
}
