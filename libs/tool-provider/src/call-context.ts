import type { Principal } from '@manifold/auth';
import { Canceller, type Cancellation } from '@manifold/async';
import type { RequestableClient, LogMessage, RawObject } from './requestable-client.js';
import type { CallTrace } from './call-trace.js';
import { ProviderError } from './provider-error.js';

/** Params of `notifications/progress` without the progress token. Unknown fields are kept. */
export type Progress = { readonly progress: number; readonly [field: string]: unknown };

/** Origin of a call. */
export interface CallOrigin {
  /** Remote address of the client's connection. */
  readonly address?: string;
  /** `Principal.key` of the service that acts for the principal. */
  readonly actor?: string;
  /** Absent if tracing is off. */
  readonly trace?: CallTrace;
}

/** All that a provider may know about a call. It is passed as a parameter; a provider must not store it. */
export interface CallContext {
  readonly principal: Principal;
  /** Correlates logs, audit and upstream requests: `[A-Za-z0-9_-]{8,64}`. */
  readonly requestId: string;
  /** Aborted on cancellation and at the deadline; its reason is a ProviderError (`cancelled` or `timeout`). */
  readonly cancellation: Cancellation;
  /**
   * The cancellation as an AbortSignal, for APIs that need one. It is created on first access, so a copy of the context (`...context`)
   * must name it.
   */
  readonly signal: AbortSignal;
  /** Absent if the caller did not ask for progress. Must not be called after the signal aborted. */
  readonly onProgress?: (progress: Progress) => void;
  /** Absent if the client receives no log messages. Must not be called after the signal aborted. */
  readonly onLog?: (message: LogMessage) => void;
  /** Absent if the call has no client that can answer requests (REST, listings). */
  readonly client?: RequestableClient;
  /** The caller's `_meta`, without the progress token and without fields that only concern client and gateway. */
  readonly meta?: RawObject;
  /** Absent if the gateway itself makes the call. */
  readonly origin?: CallOrigin;
  /** Brings the deadline forward to this many milliseconds from now. An earlier deadline stays. Absent from copies. */
  shorten?(milliseconds: number): void;
}

/** A running call: its context and its controls. */
export interface OpenCall {
  readonly context: CallContext;
  /** Aborts the call with `cancelled` because the caller gave up. */
  cancel(): void;
  /** Stops the timeout while a client answers a server request. Each `pause` needs one `resume`. */
  pause(): void;
  resume(): void;
  /** Releases the timer of the deadline. Must be called when the call has ended, also after a failure. */
  close(): void;
}

export interface CallOptions extends Omit<CallContext, 'cancellation' | 'signal' | 'shorten'> {
  /** Milliseconds until the call is aborted with `timeout`. */
  readonly timeoutMs: number;
}

/** Creates a call and starts its timeout. */
export const openCall = (options: CallOptions): OpenCall => new RunningCall(options);

class RunningCall implements OpenCall {
  readonly context: CallContext;
  private readonly canceller = new Canceller();
  private timeoutMs: number;
  private timer?: NodeJS.Timeout;
  private startedAt = 0;
  private leftMs: number;
  private pauses = 0;
  private closed = false;

  constructor(options: CallOptions) {
    this.timeoutMs = options.timeoutMs;
    this.leftMs = options.timeoutMs;
    this.context = new RunningContext(options, this.canceller, this);
    this.start();
  }

  cancel(): void {
    this.canceller.abort(new ProviderError('cancelled', 'The call was cancelled'));
  }

  pause(): void {
    this.pauses += 1;
    if (this.pauses > 1) return;
    clearTimeout(this.timer);
    this.leftMs -= performance.now() - this.startedAt;
  }

  resume(): void {
    this.pauses -= 1;
    if (this.pauses === 0 && !this.closed) this.start();
  }

  shorten(milliseconds: number): void {
    const isRunning = this.pauses === 0 && !this.closed;
    const left = isRunning ? this.leftMs - (performance.now() - this.startedAt) : this.leftMs;
    if (milliseconds >= left) return;
    this.timeoutMs = milliseconds;
    this.leftMs = milliseconds;
    clearTimeout(this.timer);
    if (isRunning) this.start();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private start(): void {
    this.startedAt = performance.now();
    this.timer = setTimeout(
      () => this.canceller.abort(new ProviderError('timeout', `No answer within ${this.timeoutMs} ms`)),
      Math.max(0, this.leftMs),
    );
  }
}

class RunningContext implements CallContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly onProgress?: CallContext['onProgress'];
  readonly onLog?: CallContext['onLog'];
  readonly client?: RequestableClient;
  readonly meta?: RawObject;
  readonly origin?: CallOrigin;

  constructor(
    { principal, requestId, onProgress, onLog, client, meta, origin }: CallOptions,
    readonly cancellation: Canceller,
    private readonly call: RunningCall,
  ) {
    this.principal = principal;
    this.requestId = requestId;
    this.onProgress = onProgress;
    this.onLog = onLog;
    this.client = client;
    this.meta = meta;
    this.origin = origin;
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  shorten(milliseconds: number): void {
    this.call.shorten(milliseconds);
  }
}
