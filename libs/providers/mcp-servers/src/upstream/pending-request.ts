import type { Cancellation, CancellationListener } from '@manifold/cancellation';
import { ProviderError, type AskableClient, type LogMessage } from '@manifold/tool-provider';
import type { RawObject, RequestOptions } from './upstream-connection.js';

/**
 * A request that waits for its answer. It listens to its signal itself (`handleEvent`), which saves a closure per
 * call.
 */
export class PendingRequest implements CancellationListener {
  constructor(
    readonly id: number,
    readonly method: string,
    private readonly options: RequestOptions,
    private readonly resolve: (result: RawObject) => void,
    private readonly reject: (error: unknown) => void,
    private readonly onAbort: (request: PendingRequest) => void,
  ) {
    options.signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.onAbort(this);
  }

  succeed(result: RawObject): void {
    this.options.signal.removeEventListener('abort', this);
    this.resolve(result);
  }

  fail(error: unknown): void {
    this.options.signal.removeEventListener('abort', this);
    this.reject(error);
  }

  progress(params: RawObject & { readonly progress: number }): void {
    this.options.onProgress?.(params);
  }

  log(message: LogMessage): void {
    this.options.onLog?.(message);
  }

  abortReason(): ProviderError {
    return abortReason(this.options.signal);
  }

  get client(): AskableClient | undefined {
    return this.options.client;
  }

  get readsLogs(): boolean {
    return this.options.onLog !== undefined;
  }
}

/** Calls end with a ProviderError; any other reason means that the caller gave up. */
export function abortReason({ reason }: Cancellation): ProviderError {
  if (reason instanceof ProviderError) return reason;
  return new ProviderError('cancelled', 'The request was cancelled', { cause: reason });
}
