import type { Dispatcher } from 'undici';
import type { Cancellation, CancellationListener } from '@manifold/async';
import { EgressError } from './egress-error.js';
import type { EgressLimits } from './egress-limits.js';

/** A response that was read to its end. */
export interface WholeAnswer {
  readonly status: number;
  /** Headers by lower-case name; the values of a repeated header are joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The host of the response, and the limits on reading it. */
export interface Reading {
  readonly host: string;
  readonly limits: EgressLimits;
  readonly cancellation?: Cancellation;
}

/**
 * Sends a request and reads the response to its end. It uses undici's own callbacks and creates no stream.
 * @throws EgressError `too_large`, `timeout`; the reason of the cancellation; errors of undici
 */
export function requestWhole(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  reading: Reading,
): Promise<WholeAnswer> {
  const { cancellation, limits } = reading;
  if (cancellation?.aborted) return Promise.reject(cancellation.reason as Error);
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader(reading, resolve, reject);
    cancellation?.addEventListener('abort', reader);
    dispatcher.dispatch({ ...options, bodyTimeout: limits.idleMs }, reader);
  });
}

class AnswerReader implements Dispatcher.DispatchHandler, CancellationListener {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private status = 0;
  private headers: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2] = {};
  private deadline = 0;
  private controller?: Dispatcher.DispatchController;

  constructor(
    private readonly reading: Reading,
    private readonly resolve: (answer: WholeAnswer) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  /** Handles the cancellation. */
  handleEvent(): void {
    this.fail(this.reading.cancellation!.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.reading.cancellation?.aborted) this.fail(this.reading.cancellation.reason);
  }

  onResponseStart(_controller: unknown, status: number, headers: typeof this.headers): void {
    this.status = status;
    this.headers = headers;
    this.deadline = performance.now() + this.reading.limits.bodyMs;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    const { host, limits } = this.reading;
    this.bytes += chunk.length;
    if (this.bytes > limits.bytes) return this.fail(new EgressError('too_large', `The answer of ${host} is too large`));
    if (performance.now() > this.deadline) {
      return this.fail(new EgressError('timeout', `${host} took too long to send its answer`));
    }
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.reading.cancellation?.removeEventListener('abort', this);
    const { chunks } = this;
    const text = chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks, this.bytes).toString();
    this.resolve({ status: this.status, headers: joined(this.headers), text });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.reading.cancellation?.removeEventListener('abort', this);
    this.reject(error);
  }

  /** Rejects at once and aborts the request. Errors that undici reports afterwards have no effect. */
  private fail(reason: unknown): void {
    this.reading.cancellation?.removeEventListener('abort', this);
    this.reject(reason);
    this.controller?.abort(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
  }
}

function joined(headers: AnswerReader['headers']): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) all.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return all;
}
