import type { Cancellation } from '@manifold/async';
import type { ToolDefinition } from '@manifold/tool-provider';
import { SharedExclusiveLock } from '../dedicated/shared-exclusive-lock.js';
import { isQuiet } from '../dedicated/quiet.js';
import type { CloseOptions, Primitives, RawObject, RequestOptions, UpstreamConnection } from '@manifold/mcp-client';

/**
 * The connection of a server that may have only one. If the server does not name the request to which its own requests and
 * log messages belong, a request runs alone when its client accepts requests or its caller reads the log.
 */
export class SerializedConnection implements UpstreamConnection {
  readonly correlates = { requests: true, logs: true };
  private readonly lock = new SharedExclusiveLock();

  constructor(protected readonly inner: UpstreamConnection) {}

  get initializeResult(): RawObject {
    return this.inner.initializeResult;
  }

  get pid(): number | undefined {
    return this.inner.pid;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    return this.lock.run(
      this.isCorrelated(options) ? 'shared' : 'exclusive',
      options.signal,
      () => this.inner.request(method, params, options),
      () => isQuiet(this.inner),
    );
  }

  listTools(signal: Cancellation): Promise<readonly ToolDefinition[]> {
    return this.inner.listTools(signal);
  }

  onToolsChanged(listener: () => void): void {
    this.inner.onToolsChanged(listener);
  }

  listPrimitives(signal: AbortSignal): Promise<Primitives> {
    return this.inner.listPrimitives(signal);
  }

  onPrimitivesChanged(listener: () => void): void {
    this.inner.onPrimitivesChanged(listener);
  }

  subscribe(uri: string, signal: AbortSignal): Promise<void> {
    return this.inner.subscribe(uri, signal);
  }

  unsubscribe(uri: string): void {
    this.inner.unsubscribe(uri);
  }

  onResourceUpdated(listener: (params: RawObject) => void): void {
    this.inner.onResourceUpdated(listener);
  }

  onClosed(listener: (reason: string) => void): void {
    this.inner.onClosed(listener);
  }

  close(options?: CloseOptions): Promise<void> {
    return this.inner.close(options);
  }

  private isCorrelated({ client, onLog }: RequestOptions): boolean {
    const { requests, logs } = this.inner.correlates;
    return (client === undefined || requests) && (onLog === undefined || logs);
  }
}
