import { type Cancellation, untilAborted } from '@manifold/async';
import type { ToolDefinition } from '@manifold/tool-provider';
import type { Primitives, RawObject, RequestOptions, UpstreamConnection } from '@manifold/mcp-client';
import type { ServerNotification, Operation } from './singleton-messages.js';

/** Sends operations to the replica that runs the server. */
export interface OperationChannel {
  /** Sends one operation. Rejects with ProviderError only. When the signal aborts, the other replica cancels the operation, too. */
  send<Value>(operation: Operation, options: RequestOptions): Promise<Value>;
  unsubscribe(uri: string): void;
  detach(): void;
}

/** The connection to a server that another replica runs. */
export class RemoteConnection implements UpstreamConnection {
  readonly correlates = { requests: true, logs: true };
  private lostBecause?: string;
  private isClosed = false;
  private readonly listeners = {
    tools: [] as (() => void)[],
    primitives: [] as (() => void)[],
    updated: [] as ((params: RawObject) => void)[],
    closed: [] as ((reason: string) => void)[],
  };

  constructor(
    readonly initializeResult: RawObject,
    private readonly channel: OperationChannel,
    /** Called when the connection is closed or lost. */
    private readonly over: () => void,
  ) {}

  request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    const { onProgress, onLog, client, meta, secrets } = options;
    const operation: Operation = {
      kind: 'request',
      method,
      params,
      meta,
      secrets,
      wantsProgress: onProgress !== undefined,
      wantsLog: onLog !== undefined,
      client: client && { capabilities: client.capabilities, sessionKey: client.sessionKey },
    };
    return this.channel.send(operation, options);
  }

  listTools(signal: Cancellation): Promise<readonly ToolDefinition[]> {
    return this.channel.send({ kind: 'tools' }, { signal });
  }

  onToolsChanged(listener: () => void): void {
    this.listeners.tools.push(listener);
  }

  listPrimitives(signal: AbortSignal): Promise<Primitives> {
    return this.channel.send({ kind: 'primitives' }, { signal });
  }

  onPrimitivesChanged(listener: () => void): void {
    this.listeners.primitives.push(listener);
  }

  async subscribe(uri: string, signal: AbortSignal): Promise<void> {
    await untilAborted(this.channel.send({ kind: 'subscribe', uri }, { signal }), signal);
  }

  unsubscribe(uri: string): void {
    this.channel.unsubscribe(uri);
  }

  onResourceUpdated(listener: (params: RawObject) => void): void {
    this.listeners.updated.push(listener);
  }

  onClosed(listener: (reason: string) => void): void {
    const reason = this.lostBecause;
    if (reason === undefined) this.listeners.closed.push(listener);
    else queueMicrotask(() => listener(reason));
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.channel.detach();
    this.over();
    return Promise.resolve();
  }

  /** Passes a notification of the server to the listeners. */
  received(notification: ServerNotification): void {
    if (this.isClosed) return;
    if (notification.kind === 'updated') for (const listener of this.listeners.updated) listener(notification.params);
    else for (const listener of this.listeners[notification.kind]) listener();
  }

  /** Marks the connection as lost: the server no longer runs on that replica, or the replica cannot be reached. */
  lost(reason: string): void {
    if (this.isClosed || this.lostBecause !== undefined) return;
    this.lostBecause = reason;
    this.over();
    for (const listener of this.listeners.closed) listener(reason);
  }
}
