import type { CallContext, ToolDefinition, ToolResult } from '@manifold/tool-provider';
import type { CatalogueEntry } from '../catalogue/catalogue.js';

/** Checks a call before it reaches the provider. The caller gets the error that the check throws. */
export interface CallGuard {
  checkCall(definition: ToolDefinition, args: Readonly<Record<string, unknown>>): void;
}

/** Call of a tool that is visible to the caller. */
export interface ToolCall {
  readonly entry: CatalogueEntry;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: CallContext;
  readonly guard?: CallGuard;
  /** Whether the caller sees public URIs. Callers over REST and at the endpoint of one app see the app's own URIs. */
  readonly hasPublicUris?: boolean;
  /** Set when the provider is called. A call that was refused earlier is not counted and logged as a served call. */
  reachedProvider?: true;
}

export type CallHandler = (call: ToolCall) => Promise<ToolResult>;

/** Step of a call: it can refuse the call, observe it, or change the result. It runs `next` at most once. */
export interface CallInterceptor {
  intercept(call: ToolCall, next: CallHandler): Promise<ToolResult>;
}
