import { randomUUID } from 'node:crypto';
import { untilAborted } from '@manifold/cancellation';
import type { KeptLease } from '@manifold/leases';
import type { CloseOptions, RawObject, RequestOptions, UpstreamConnection } from '../upstream/index.js';
import { SingleLine } from './single-line.js';

/** The users of the line in this process, among those that subscribe. */
const HERE = '';

/**
 * The connection of a server that runs on one replica only, on that replica. It ends when the lease of the server is lost, and the
 * lease is given back when nothing of the server runs any more.
 */
export class ServedLine extends SingleLine {
  readonly id = randomUUID();
  /** Resolves with the reason when it has ended, or is about to. */
  readonly ended: Promise<string>;
  /** Resolves when nothing of the server runs any more. */
  readonly gone: Promise<void>;
  private end: (reason: string) => void;
  private go: () => void;
  private isClosing = false;
  private lostBecause?: string;
  private readonly closed: ((reason: string) => void)[] = [];
  private readonly subscribers = new Map<string, Set<string>>();

  /** @param lease not given where there are no other replicas */
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

  /** Not called for `close()`, as with every connection. */
  override onClosed(listener: (reason: string) => void): void {
    const reason = this.lostBecause;
    if (reason === undefined) this.closed.push(listener);
    else queueMicrotask(() => listener(reason));
  }

  /** Those elsewhere are to look for the next replica that runs the server. What they have asked is still answered. */
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

  /** Nobody hears of a crash by a request before the server can be started anew, here or elsewhere. */
  override async request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    try {
      return await super.request(method, params, options);
    } catch (error) {
      if (this.lostBecause !== undefined) await untilAborted(this.ended, options.signal); // the database may be away
      throw error;
    }
  }

  override subscribe(uri: string, signal: AbortSignal): Promise<void> {
    return this.subscribeFor(HERE, uri, signal);
  }

  override unsubscribe(uri: string): void {
    this.unsubscribeFor(HERE, uri);
  }

  /** @param who of the replicas. The server knows of one subscription for each resource, however many want it. */
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
    await this.lost('This replica could not show in time that it is the one that runs the server');
  }

  /** Another replica may start it before anybody here hears of its end. */
  private async lost(reason: string): Promise<void> {
    if (this.isClosing || this.lostBecause !== undefined) return;
    this.lostBecause = reason;
    this.go();
    await this.lease?.release();
    this.end(reason);
    for (const listener of this.closed) listener(reason);
  }
}
