import { isObject, type Cancellation, type CancellationListener } from '@manifold/async';
import { ProviderError, type RequestableClient, type LogMessage } from '@manifold/tool-provider';
import type { RpcRequest } from '../protocol/transport.js';
import type { RawObject, RequestOptions } from '../protocol/upstream-connection.js';

/** A request that waits for its answer. It is itself the listener of its signal (`handleEvent`), which saves one closure per call. */
export class PendingRequest implements CancellationListener {
  /** The result that `succeed` got, or the error that `fail` got. */
  readonly answer: Promise<RawObject>;
  private resolve: (result: RawObject) => void;
  private reject: (error: unknown) => void;

  constructor(
    readonly id: number,
    readonly method: string,
    private readonly options: RequestOptions,
    private readonly onAbort: (request: PendingRequest) => void,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    options.signal.addEventListener('abort', this);
  }

  /** Returns the message to send. Its progress token is the id of this request. */
  message(params: RawObject): RpcRequest {
    const { id, method } = this;
    const { meta, onProgress } = this.options;
    const sent = withProgressToken(meta ? { ...params, _meta: meta } : params, onProgress && id);
    return { jsonrpc: '2.0', id, method, params: sent };
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

  get client(): RequestableClient | undefined {
    return this.options.client;
  }

  get readsLogs(): boolean {
    return this.options.onLog !== undefined;
  }
}

/** Returns the reason of the signal as a ProviderError. Any other reason means that the caller cancelled the call. */
export function abortReason({ reason }: Cancellation): ProviderError {
  if (reason instanceof ProviderError) return reason;
  return new ProviderError('cancelled', 'The request was cancelled', { cause: reason });
}

/**
 * Replaces or removes the caller's progress token, which is never passed on. Tokens of several callers would collide on a
 * shared connection, and one caller would receive the progress of another.
 * @param token replaces the caller's token; undefined removes it
 */
export function withProgressToken(params: RawObject, token: number | undefined): RawObject {
  const meta = params._meta;
  if (token !== undefined) return { ...params, _meta: { ...(isObject(meta) && meta), progressToken: token } };
  if (!isObject(meta) || !('progressToken' in meta)) return params;
  const rest: Record<string, unknown> = { ...meta };
  delete rest.progressToken;
  return { ...params, _meta: rest };
}
