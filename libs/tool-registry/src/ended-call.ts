import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';

/** A call of a tool, when it is over. */
export interface EndedCall {
  /** The registered server or the integration, as far as it is known. */
  readonly app?: string;
  /** The name inside the app; of an unknown tool the name that was called. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: CallContext;
  /** `ok`, `tool_error`, the code of a ProviderError, or what {@link refusalCode} says. */
  readonly outcome: string;
  readonly milliseconds: number;
}

/** Why a call reached no provider. */
export function refusalCode(error: unknown): string {
  if (error instanceof UnknownToolError) return 'unknown_tool';
  if (error instanceof AppUnavailableError) return `server_${error.reason}`;
  return error instanceof ProviderError ? error.code : 'not_allowed';
}
