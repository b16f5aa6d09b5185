import { type Cancellation, isObject, untilAborted } from '@manifold/async';
import type { ToolDefinition } from '@manifold/tool-provider';
import type { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
import { TOOLS } from './lists/list-kinds.js';
import type { LogRing } from './protocol/log-ring.js';
import { listPrimitives } from './lists/primitive-listing.js';
import { everyPage } from './lists/paged-list.js';
import type { Transport } from './protocol/transport.js';
import type {
  CloseOptions,
  Primitives,
  RawObject,
  RequestOptions,
  UpstreamConnection,
} from './protocol/upstream-connection.js';

const SIDE_REQUEST_LIMIT_MS = 30_000;

interface McpConnectionParts {
  readonly rpc: JsonRpcConnection;
  readonly transport: Transport;
  readonly log: LogRing;
  readonly initializeResult: () => RawObject;
  readonly pid?: number;
  readonly correlates: UpstreamConnection['correlates'];
}

/** An initialized connection to a legacy server over any transport. */
export class McpConnection implements UpstreamConnection {
  readonly correlates: UpstreamConnection['correlates'];
  /** The server's answers to `resources/subscribe` by URI. */
  private readonly subscriptions = new Map<string, Promise<RawObject>>();
  private readonly renewalListeners: (() => void)[] = [];
  private readonly updateListeners: ((params: RawObject) => void)[] = [];
  /** The answer to `logging/setLevel` in the current session. */
  private logging?: Promise<unknown>;

  constructor(private readonly parts: McpConnectionParts) {
    this.correlates = parts.correlates;
  }

  get initializeResult(): RawObject {
    return this.parts.initializeResult();
  }

  get pid(): number | undefined {
    return this.parts.pid;
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
    this.renewalListeners.push(listener);
  }

  listPrimitives(signal: AbortSignal): Promise<Primitives> {
    return listPrimitives(this.parts.rpc, this.initializeResult.capabilities, this.parts.log, signal);
  }

  onPrimitivesChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/resources/list_changed', listener);
    this.parts.rpc.onNotification('notifications/prompts/list_changed', listener);
    this.renewalListeners.push(listener);
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
    this.updateListeners.push(listener);
  }

  /**
   * Handles a new session, which does not know the subscriptions and log level of the previous one. Subscriptions are sent
   * again at once, and their resources count as updated. So do all lists. The log level is sent with the next request whose caller reads the log.
   */
  sessionRenewed(): void {
    this.logging = undefined;
    for (const listener of this.renewalListeners) listener();
    for (const uri of this.subscriptions.keys()) {
      this.askForUpdates(uri).then(
        () => this.updateListeners.forEach((listener) => listener({ uri })),
        (error: Error) => this.logFault('resources/subscribe', error),
      );
    }
  }

  onClosed(listener: (reason: string) => void): void {
    this.parts.rpc.onClosed(listener);
  }

  close(options?: CloseOptions): Promise<void> {
    this.parts.rpc.close();
    return this.parts.transport.close(options);
  }

  /** Sends a request whose caller reads the log. Callers filter by level themselves, so the server is told to send all levels. */
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

  /** Sends `resources/subscribe`. The request is independent of its callers: a caller that stops waiting does not cancel it for others. */
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
