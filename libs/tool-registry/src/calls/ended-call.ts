import { isObject } from '@manifold/async';
import { ProviderError, type CallContext, type ToolResult } from '@manifold/tool-provider';
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
  /** Why the call failed. Missing if it did not. */
  readonly failure?: CallFailure;
}

/** Why a call failed, as its caller read it. */
export interface CallFailure {
  /** What the gateway says. */
  readonly message?: string;
  /** What the server or the tool says: it can repeat arguments. At most {@link MOST_WORDS} characters. */
  readonly words?: string;
}

/** Longer words are cut: they say no more about the reason. */
const MOST_WORDS = 2_000;

/** Returns why a call failed with this error. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof ProviderError) return { message: error.message, words: cut(error.rpcError?.message) };
  return error instanceof Error ? { message: cut(error.message) } : {};
}

/** Returns what the tool says in a result that is an error. */
export function failureIn({ content }: ToolResult): CallFailure {
  const first: unknown = Array.isArray(content)
    ? content.find((part: unknown) => textOf(part) !== undefined)
    : undefined;
  return { words: cut(textOf(first)) };
}

function textOf(part: unknown): string | undefined {
  return isObject(part) && typeof part.text === 'string' ? part.text : undefined;
}

const cut = (words: unknown): string | undefined =>
  typeof words === 'string' ? words.slice(0, MOST_WORDS) : undefined;

/** Returns the outcome code for an error of a call, also if the call reached no provider. */
export function refusalCode(error: unknown): string {
  if (error instanceof UnknownToolError) return 'unknown_tool';
  if (error instanceof AppUnavailableError) return `server_${error.reason}`;
  return error instanceof ProviderError ? error.code : 'not_allowed';
}
