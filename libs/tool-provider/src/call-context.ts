import type { Principal } from '@manifold/auth';
import type { AskableClient, LogMessage, RawObject } from './askable-client.js';
import { ProviderError } from './provider-error.js';

/** The params of `notifications/progress` without the token: fields that nobody knows are kept. */
export type Progress = { readonly progress: number; readonly [field: string]: unknown };

/** Everything that a provider may know about the call that it serves. It is a parameter, never state of a provider. */
export interface CallContext {
  readonly principal: Principal;
  /** Correlates logs, audit and upstream requests: `[A-Za-z0-9_-]{8,64}`. */
  readonly requestId: string;
  /** Aborts on cancellation and at the deadline; its reason is a ProviderError (`cancelled` or `timeout`). Pass it on to the socket. */
  readonly signal: AbortSignal;
  /** Absent when the caller asked for no progress. Must not be called after the signal aborted. */
  readonly onProgress?: (progress: Progress) => void;
  /** Absent when nobody reads what the backend logs. Must not be called after the signal aborted. */
  readonly onLog?: (message: LogMessage) => void;
  /** Absent when there is no client to ask (REST, listings). */
  readonly client?: AskableClient;
  /** What the caller sent as `_meta` and the upstream may see: without the progress token and without what is between client and gateway. */
  readonly meta?: RawObject;
}

/** A call that is under way: its context, and the two ways in which it ends early. */
export interface OpenCall {
  readonly context: CallContext;
  /** The caller gave up. Without effect after `close`. */
  cancel(): void;
  /** Must be called when the call has ended, in whatever way: it releases the deadline's timer. */
  close(): void;
}

export interface CallOptions {
  readonly principal: Principal;
  readonly requestId: string;
  /** Milliseconds until the call is aborted with `timeout`. */
  readonly timeoutMs: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** Starts the clock of a call. One controller and one timer: `AbortSignal.any` and `.timeout` cost ten times as much. */
export function openCall({ principal, requestId, timeoutMs, onProgress }: CallOptions): OpenCall {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new ProviderError('timeout', `No answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  return {
    context: { principal, requestId, signal: controller.signal, onProgress },
    cancel: () => controller.abort(new ProviderError('cancelled', 'The call was cancelled')),
    close: () => clearTimeout(timer),
  };
}
