import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';

/** Tool call that has ended. */
export interface EndedCall {
  /** Registered server or integration, if it is known. */
  readonly app?: string;
  /** Name of the tool inside the app. For an unknown tool, the name that the caller used. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: CallContext;
  /** `ok`, `tool_error`, the code of a ProviderError, or a code from {@link refusalCode}. */
  readonly outcome: string;
  readonly milliseconds: number;
}

/** Returns the outcome code for an error of a call, also if the call reached no provider. */
export function refusalCode(error: unknown): string {
  if (error instanceof UnknownToolError) return 'unknown_tool';
  if (error instanceof AppUnavailableError) return `server_${error.reason}`;
  return error instanceof ProviderError ? error.code : 'not_allowed';
}
