import { type Cancellation, untilAborted } from '@manifold/cancellation';
import type { ToolDefinition } from '@manifold/tool-provider';
import type { Offer, RawObject, RequestOptions, UpstreamConnection } from '../upstream/index.js';
import type { Notice, Operation } from './sole-messages.js';

/** How what is asked gets to the replica that runs the server, and what it says back. */
export interface Carrier {
  /** Rejects with ProviderError only. The signal is heard there, too. */
  carry<Value>(operation: Operation, options: RequestOptions): Promise<Value>;
  unsubscribe(uri: string): void;
  detach(): void;
}

/** The connection of a server that another replica runs, as if it were here. */
export class RemoteLine implements UpstreamConnection {
  readonly tellsApart = { questions: true, logs: true };
  private lostBecause?: string;
  private isClosed = false;
  private readonly listeners = {
    tools: [] as (() => void)[],
    offer: [] as (() => void)[],
    updated: [] as ((params: RawObject) => void)[],
    closed: [] as ((reason: string) => void)[],
  };

  constructor(
    readonly initializeResult: RawObject,
    private readonly carrier: Carrier,
    /** Called when it is closed, or was lost. */
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
    return this.carrier.carry(operation, options);
  }

  listTools(signal: Cancellation): Promise<readonly ToolDefinition[]> {
    return this.carrier.carry({ kind: 'tools' }, { signal });
  }

  onToolsChanged(listener: () => void): void {
    this.listeners.tools.push(listener);
  }

  listOffer(signal: AbortSignal): Promise<Offer> {
    return this.carrier.carry({ kind: 'offer' }, { signal });
  }

  onOfferChanged(listener: () => void): void {
    this.listeners.offer.push(listener);
  }

  async subscribe(uri: string, signal: AbortSignal): Promise<void> {
    await untilAborted(this.carrier.carry({ kind: 'subscribe', uri }, { signal }), signal);
  }

  unsubscribe(uri: string): void {
    this.carrier.unsubscribe(uri);
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
    this.carrier.detach();
    this.over();
    return Promise.resolve();
  }

  /** The server has said something by itself. */
  noticed(notice: Notice): void {
    if (this.isClosed) return;
    if (notice.kind === 'updated') for (const listener of this.listeners.updated) listener(notice.params);
    else for (const listener of this.listeners[notice.kind]) listener();
  }

  /** It does not run there any more, or cannot be reached. */
  lost(reason: string): void {
    if (this.isClosed || this.lostBecause !== undefined) return;
    this.lostBecause = reason;
    this.over();
    for (const listener of this.listeners.closed) listener(reason);
  }
}
