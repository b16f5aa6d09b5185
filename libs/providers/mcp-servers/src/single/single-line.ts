import type { Cancellation } from '@manifold/cancellation';
import type { ToolDefinition } from '@manifold/tool-provider';
import { CallTurns } from '../relay/call-turns.js';
import { isQuiet } from '../relay/quiet.js';
import type { CloseOptions, Offer, RawObject, RequestOptions, UpstreamConnection } from '../upstream/index.js';

/**
 * The only connection that a server may have. Where the server does not say for which request it asks or logs, requests whose client
 * can be asked, or reads the log, run alone on it.
 */
export class SingleLine implements UpstreamConnection {
  readonly tellsApart = { questions: true, logs: true };
  private readonly turns = new CallTurns();

  constructor(protected readonly inner: UpstreamConnection) {}

  get initializeResult(): RawObject {
    return this.inner.initializeResult;
  }

  get pid(): number | undefined {
    return this.inner.pid;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    return this.turns.run(
      this.isTold(options) ? 'together' : 'alone',
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

  listOffer(signal: AbortSignal): Promise<Offer> {
    return this.inner.listOffer(signal);
  }

  onOfferChanged(listener: () => void): void {
    this.inner.onOfferChanged(listener);
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

  private isTold({ client, onLog }: RequestOptions): boolean {
    const { questions, logs } = this.inner.tellsApart;
    return (client === undefined || questions) && (onLog === undefined || logs);
  }
}
