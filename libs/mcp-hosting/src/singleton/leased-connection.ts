import { randomUUID } from 'node:crypto';
import { untilAborted } from '@manifold/async';
import type { KeptLease } from '@manifold/bus';
import type { CloseOptions, RawObject, RequestOptions, UpstreamConnection } from '@manifold/mcp-client';
import { SerializedConnection } from './serialized-connection.js';

/** Key of this process among the replicas that subscribe. */
const HERE = '';

/**
 * The connection of a singleton server, on the replica that runs it. It ends when the server's lease is lost. The lease is
 * released when no process of the server is left.
 */
export class LeasedConnection extends SerializedConnection {
  readonly id = randomUUID();
  /** Resolves with the reason when the connection has ended, or is about to end. */
  readonly ended: Promise<string>;
  /** Resolves when no process of the server is left. */
  readonly gone: Promise<void>;
  private end: (reason: string) => void;
  private go: () => void;
  private isClosing = false;
  private lostBecause?: string;
  private readonly closed: ((reason: string) => void)[] = [];
  private readonly subscribers = new Map<string, Set<string>>();

  /** @param lease undefined if there are no other replicas */
  constructor(
    inner: UpstreamConnection,
    private readonly lease?: KeptLease,
  ) {
    super(inner);
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.gone = new Promise((resolve) => (this.go = resolve));
    inner.onClosed((reason) => void this.lost(reason));
    if (lease?.lost.aborted) void this.leaseLost();
    else lease?.lost.addEventListener('abort', () => void this.leaseLost(), { once: true });
  }

  /** Registers a listener for a lost connection. It is not called for `close()`, as with every connection. */
  override onClosed(listener: (reason: string) => void): void {
    const reason = this.lostBecause;
    if (reason === undefined) this.closed.push(listener);
    else queueMicrotask(() => listener(reason));
  }

  /** Makes the other replicas look for the next replica that runs the server. Their running requests are still answered. */
  leave(): void {
    this.end('The replica on which the server ran was stopped');
  }

  override async close(options?: CloseOptions): Promise<void> {
    this.isClosing = true;
    this.leave();
    await this.inner.close(options);
    this.go();
    await this.lease?.release();
  }

  /**
   * Sends a request. If it fails because the connection was lost, it rejects only after the lease is released, so that the
   * caller can start the server again at once, here or on another replica.
   */
  override async request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    try {
      return await super.request(method, params, options);
    } catch (error) {
      if (this.lostBecause !== undefined) await untilAborted(this.ended, options.signal); // the database may be unavailable
      throw error;
    }
  }

  override subscribe(uri: string, signal: AbortSignal): Promise<void> {
    return this.subscribeFor(HERE, uri, signal);
  }

  override unsubscribe(uri: string): void {
    this.unsubscribeFor(HERE, uri);
  }

  /**
   * Subscribes a replica to a resource. The server sees one subscription for each resource, however many replicas
   * subscribe.
   * @param who the key of the replica
   */
  async subscribeFor(who: string, uri: string, signal: AbortSignal): Promise<void> {
    const subscribers = this.subscribers.get(uri) ?? new Set();
    this.subscribers.set(uri, subscribers.add(who));
    try {
      await this.inner.subscribe(uri, signal);
    } catch (error) {
      this.unsubscribeFor(who, uri);
      throw error;
    }
  }

  unsubscribeFor(who: string, uri: string): void {
    const subscribers = this.subscribers.get(uri);
    if (!subscribers?.delete(who) || subscribers.size > 0) return;
    this.subscribers.delete(uri);
    this.inner.unsubscribe(uri);
  }

  private async leaseLost(): Promise<void> {
    if (this.isClosing || this.lostBecause !== undefined) return;
    await this.inner.close({ atOnce: true });
    await this.lost('This replica could not renew the lease of the server in time');
  }

  /** Releases the lease before it calls the listeners, so that another replica may start the server by then. */
  private async lost(reason: string): Promise<void> {
    if (this.isClosing || this.lostBecause !== undefined) return;
    this.lostBecause = reason;
    this.go();
    await this.lease?.release();
    this.end(reason);
    for (const listener of this.closed) listener(reason);
  }
}
