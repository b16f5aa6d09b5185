import type { Principal } from '@manifold/auth';
import { Canceller, type Cancellation } from '@manifold/cancellation';
import type { AskableClient, LogMessage, RawObject } from './askable-client.js';
import type { CallTrace } from './call-trace.js';
import { ProviderError } from './provider-error.js';

/** The params of `notifications/progress` without the token: fields that nobody knows are kept. */
export type Progress = { readonly progress: number; readonly [field: string]: unknown };

/** Where a call came from. */
export interface CallOrigin {
  /** The other end of the client's connection. */
  readonly address?: string;
  /** `Principal.key` of the service that acts for the principal. */
  readonly actor?: string;
  /** Absent where nobody traces. */
  readonly trace?: CallTrace;
}

/** Everything that a provider may know about the call that it serves. It is a parameter, never state of a provider. */
export interface CallContext {
  readonly principal: Principal;
  /** Correlates logs, audit and upstream requests: `[A-Za-z0-9_-]{8,64}`. */
  readonly requestId: string;
  /** Aborted on cancellation and at the deadline; its reason is a ProviderError (`cancelled` or `timeout`). */
  readonly cancellation: Cancellation;
  /** The same for what knows AbortSignals only. It is made when it is asked for: a copy of the context (`...context`) must name it. */
  readonly signal: AbortSignal;
  /** Absent when the caller asked for no progress. Must not be called after the signal aborted. */
  readonly onProgress?: (progress: Progress) => void;
  /** Absent when nobody reads what the backend logs. Must not be called after the signal aborted. */
  readonly onLog?: (message: LogMessage) => void;
  /** Absent when there is no client to ask (REST, listings). */
  readonly client?: AskableClient;
  /** What the caller sent as `_meta` and the upstream may see: without the progress token and without what is between client and gateway. */
  readonly meta?: RawObject;
  /** Absent where the gateway itself asks. */
  readonly origin?: CallOrigin;
  /** Brings the deadline forward: from now on there are so many milliseconds, unless there were fewer. Absent from copies. */
  shorten?(milliseconds: number): void;
}

/** A call that is under way: its context, and the ways in which it ends early. */
export interface OpenCall {
  readonly context: CallContext;
  /** The caller gave up. Without effect after `close`. */
  cancel(): void;
  /** Stops the clock: the time that a client takes to answer a question is not the call's. Each `pause` needs its `resume`. */
  pause(): void;
  resume(): void;
  /** Must be called when the call has ended, in whatever way: it releases the deadline's timer. */
  close(): void;
}

export interface CallOptions extends Omit<CallContext, 'cancellation' | 'signal' | 'shorten'> {
  /** Milliseconds until the call is aborted with `timeout`. */
  readonly timeoutMs: number;
}

/** Starts the clock of a call. */
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
  readonly client?: AskableClient;
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
