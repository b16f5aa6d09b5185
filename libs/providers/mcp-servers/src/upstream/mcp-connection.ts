import type { ToolDefinition } from '@manifold/tool-provider';
import { untilAborted } from '../until-aborted.js';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import { PROMPTS, RESOURCES, TEMPLATES, TOOLS } from './list-kinds.js';
import type { LogRing } from './log-ring.js';
import { everyPage, type ListKind } from './paged-list.js';
import type { Pipe } from './pipe.js';
import { isObject } from './rpc-values.js';
import type { Offer, RawObject, RequestOptions, UpstreamConnection } from './upstream-connection.js';

const SUBSCRIPTION_LIMIT_MS = 30_000;

interface McpConnectionParts {
  readonly rpc: JsonRpcConnection;
  readonly pipe: Pipe;
  readonly log: LogRing;
  readonly initializeResult: () => RawObject;
  readonly pid?: number;
}

/** An initialised connection, whatever its pipe. */
export class McpConnection implements UpstreamConnection {
  /** By URI, the answer of the server. */
  private readonly subscriptions = new Map<string, Promise<RawObject>>();

  constructor(private readonly parts: McpConnectionParts) {}

  get initializeResult(): RawObject {
    return this.parts.initializeResult();
  }

  get pid(): number | undefined {
    return this.parts.pid;
  }

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    return this.parts.rpc.request(method, params, options);
  }

  async listTools(signal: AbortSignal): Promise<readonly ToolDefinition[]> {
    return (await this.everyPage(TOOLS, signal)) as readonly ToolDefinition[];
  }

  onToolsChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/tools/list_changed', listener);
  }

  async listOffer(signal: AbortSignal): Promise<Offer> {
    const { capabilities } = this.initializeResult;
    const declared = isObject(capabilities) ? capabilities : {};
    const listed = (kind: ListKind, isDeclared: boolean) => (isDeclared ? this.everyPage(kind, signal) : []);
    const [resources, templates, prompts] = await Promise.all([
      listed(RESOURCES, 'resources' in declared),
      listed(TEMPLATES, 'resources' in declared),
      listed(PROMPTS, 'prompts' in declared),
    ]);
    return { resources, templates, prompts };
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
    const answer = this.parts.rpc.request('resources/unsubscribe', { uri }, { signal: this.subscriptionLimit() });
    answer.catch((error: Error) => this.logFault('resources/unsubscribe', error));
  }

  onResourceUpdated(listener: (params: RawObject) => void): void {
    this.parts.rpc.onNotification('notifications/resources/updated', listener);
  }

  /** The server has begun a new session, and knows nothing of the one before. */
  sessionRenewed(): void {
    for (const uri of this.subscriptions.keys()) {
      this.askForUpdates(uri).catch((error: Error) => this.logFault('resources/subscribe', error));
    }
  }

  onClosed(listener: (reason: string) => void): void {
    this.parts.rpc.onClosed(listener);
  }

  close(options?: { readonly endSession?: boolean }): Promise<void> {
    this.parts.rpc.close();
    return this.parts.pipe.close(options);
  }

  private everyPage(kind: ListKind, signal: AbortSignal): Promise<readonly RawObject[]> {
    return everyPage(this.parts.rpc, kind, this.parts.log, signal);
  }

  /** Whoever gives up waiting does not take it from the others. */
  private askForUpdates(uri: string): Promise<RawObject> {
    const answer = this.parts.rpc.request('resources/subscribe', { uri }, { signal: this.subscriptionLimit() });
    this.subscriptions.set(uri, answer);
    answer.catch(() => this.subscriptions.get(uri) === answer && this.subscriptions.delete(uri));
    return answer;
  }

  private subscriptionLimit(): AbortSignal {
    return AbortSignal.timeout(SUBSCRIPTION_LIMIT_MS);
  }

  private logFault(method: string, { message }: Error): void {
    this.parts.log.add(`${method} failed: ${message}`, 'error');
  }
}
