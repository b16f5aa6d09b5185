import { type Cancellation, untilAborted } from '@manifold/cancellation';
import type { ToolDefinition } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import { TOOLS } from './list-kinds.js';
import type { LogRing } from './log-ring.js';
import { listOffer } from './offer-listing.js';
import { everyPage } from './paged-list.js';
import type { Pipe } from './pipe.js';
import { isObject } from './rpc-values.js';
import type { CloseOptions, Offer, RawObject, RequestOptions, UpstreamConnection } from './upstream-connection.js';

const SIDE_REQUEST_LIMIT_MS = 30_000;

interface McpConnectionParts {
  readonly rpc: JsonRpcConnection;
  readonly pipe: Pipe;
  readonly log: LogRing;
  readonly initializeResult: () => RawObject;
  readonly pid?: number;
  readonly tellsApart: UpstreamConnection['tellsApart'];
}

/** An initialised connection, whatever its pipe. */
export class McpConnection implements UpstreamConnection {
  /** By URI, the answer of the server. */
  private readonly subscriptions = new Map<string, Promise<RawObject>>();
  /** The answer to `logging/setLevel` of the present session. */
  private logging?: Promise<unknown>;

  constructor(private readonly parts: McpConnectionParts) {}

  get initializeResult(): RawObject {
    return this.parts.initializeResult();
  }

  get pid(): number | undefined {
    return this.parts.pid;
  }

  get tellsApart(): UpstreamConnection['tellsApart'] {
    return this.parts.tellsApart;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    if (options.onLog) return this.requestWithLogs(method, params, options);
    return this.parts.rpc.request(method, params, options);
  }

  async listTools(signal: Cancellation): Promise<readonly ToolDefinition[]> {
    return (await everyPage(this.parts.rpc, TOOLS, this.parts.log, signal)) as readonly ToolDefinition[];
  }

  onToolsChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/tools/list_changed', listener);
  }

  listOffer(signal: AbortSignal): Promise<Offer> {
    return listOffer(this.parts.rpc, this.initializeResult.capabilities, this.parts.log, signal);
  }

  onOfferChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/resources/list_changed', listener);
    this.parts.rpc.onNotification('notifications/prompts/list_changed', listener);
  }

  async subscribe(uri: string, signal: AbortSignal): Promise<void> {
    await untilAborted(this.subscriptions.get(uri) ?? this.askForUpdates(uri), signal);
  }

  unsubscribe(uri: string): void {
    if (!this.subscriptions.delete(uri)) return;
    const answer = this.parts.rpc.request(
      'resources/unsubscribe',
      { uri },
      { signal: AbortSignal.timeout(SIDE_REQUEST_LIMIT_MS) },
    );
    answer.catch((error: Error) => this.logFault('resources/unsubscribe', error));
  }

  onResourceUpdated(listener: (params: RawObject) => void): void {
    this.parts.rpc.onNotification('notifications/resources/updated', listener);
  }

  /** The server has begun a new session, and knows nothing of the one before. */
  sessionRenewed(): void {
    this.logging = undefined;
    for (const uri of this.subscriptions.keys()) {
      this.askForUpdates(uri).catch((error: Error) => this.logFault('resources/subscribe', error));
    }
  }

  onClosed(listener: (reason: string) => void): void {
    this.parts.rpc.onClosed(listener);
  }

  close(options?: CloseOptions): Promise<void> {
    this.parts.rpc.close();
    return this.parts.pipe.close(options);
  }

  /** Readers choose their level themselves, so the server is to leave nothing out. */
  private async requestWithLogs(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    if (isObject(this.declared.logging)) {
      this.logging ??= this.parts.rpc
        .request('logging/setLevel', { level: 'debug' }, { signal: AbortSignal.timeout(SIDE_REQUEST_LIMIT_MS) })
        .catch((error: Error) => this.logFault('logging/setLevel', error));
      await untilAborted(this.logging, options.signal);
    }
    return this.parts.rpc.request(method, params, options);
  }

  private get declared(): RawObject {
    const { capabilities } = this.initializeResult;
    return isObject(capabilities) ? capabilities : {};
  }

  /** Whoever gives up waiting does not take it from the others. */
  private askForUpdates(uri: string): Promise<RawObject> {
    const answer = this.parts.rpc.request(
      'resources/subscribe',
      { uri },
      { signal: AbortSignal.timeout(SIDE_REQUEST_LIMIT_MS) },
    );
    this.subscriptions.set(uri, answer);
    answer.catch(() => this.subscriptions.get(uri) === answer && this.subscriptions.delete(uri));
    return answer;
  }

  private logFault(method: string, { message }: Error): void {
    this.parts.log.add(`${method} failed: ${message}`, 'error');
  }
}
