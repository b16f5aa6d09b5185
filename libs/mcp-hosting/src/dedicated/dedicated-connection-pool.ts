import { untilAborted } from '@manifold/async';
import type { RawObject } from '@manifold/tool-provider';
import type { UpstreamConnection } from '@manifold/mcp-client';
import { isQuiet } from './quiet.js';
import { WaitQueue } from './wait-queue.js';

export interface DedicatedPoolLimits {
  /** Maximum number of open connections. */
  readonly most: number;
  /** Milliseconds for which an idle connection is kept for its caller's next call. */
  readonly idleMs: number;
}

/** The only caller that may use a dedicated connection. */
export interface ConnectionOwner {
  readonly key: string;
  /** The client capabilities that the connection declares to the server. */
  readonly capabilities: RawObject;
}

/** @param signal ends the attempt. When this has rejected, no process and no connection is left. */
export type OpenDedicated = (capabilities: RawObject, signal: AbortSignal) => Promise<UpstreamConnection>;

class PooledConnection {
  opening?: Promise<UpstreamConnection>;
  connection?: UpstreamConnection;
  busy = true;
  idleSince = 0;

  constructor(
    readonly key: string,
    /** The closing of the connection whose place this one takes. It must end before this one opens. */
    readonly predecessor: Promise<void> | undefined,
  ) {}
}

/**
 * The dedicated connections of one server. Each belongs to one caller and runs one call at a time. Therefore each message
 * of the server that names no call belongs to the running call, on every transport.
 *
 * A caller continues with the connection that it used last. If the maximum number of connections is open, the one that was
 * idle for longest is closed. If none is idle, the call waits; waiting calls are served in the order of their arrival.
 */
export class DedicatedConnectionPool {
  private readonly connections = new Set<PooledConnection>();
  private readonly queue = new WaitQueue<ConnectionOwner, PooledConnection>();
  private readonly closing = new Set<Promise<void>>();
  private sweeping?: NodeJS.Timeout;

  /** @param ended aborts when the server is stopped, before `stop` is called */
  constructor(
    private readonly limits: DedicatedPoolLimits,
    private readonly openDedicated: OpenDedicated,
    private readonly ended: AbortSignal,
  ) {}

  /**
   * Runs a call on a connection of the caller.
   * @throws ProviderError when the connection cannot be opened; the reason of the signal, or of the end of the server
   */
  async run<T>(
    user: ConnectionOwner,
    signal: AbortSignal,
    call: (connection: UpstreamConnection) => Promise<T>,
  ): Promise<T> {
    const pooled = await this.take(user, signal);
    try {
      return await call(pooled.connection!);
    } finally {
      if (signal.aborted) void this.giveBackWhenQuiet(pooled);
      else this.giveBack(pooled);
    }
  }

  /** Closes all connections. Resolves when they are closed. */
  async stop(): Promise<void> {
    clearTimeout(this.sweeping);
    this.queue.rejectAll(this.ended.reason);
    for (const pooled of this.connections) void this.close(pooled);
    await Promise.all(this.closing);
  }

  private async take(user: ConnectionOwner, signal: AbortSignal): Promise<PooledConnection> {
    this.ended.throwIfAborted();
    signal.throwIfAborted();
    const pooled = (this.queue.isEmpty ? this.grant(user) : undefined) ?? (await this.queue.wait(user, signal));
    if (pooled.connection) return pooled;
    try {
      if (pooled.predecessor) await untilAborted(pooled.predecessor, signal);
      pooled.opening = this.openDedicated(user.capabilities, signal);
      pooled.connection = await pooled.opening;
      pooled.connection.onClosed(() => this.remove(pooled));
      this.ended.throwIfAborted();
      return pooled;
    } catch (error) {
      void this.close(pooled);
      throw error;
    }
  }

  /**
   * Reserves a connection for the caller.
   * @returns the reserved connection, which is opened later if it is new; undefined if the caller must wait
   */
  private grant({ key }: ConnectionOwner): PooledConnection | undefined {
    const idle = [...this.connections].filter((pooled) => !pooled.busy).sort((a, b) => a.idleSince - b.idleSince);
    const own = idle.findLast((pooled) => pooled.key === key);
    if (own) {
      own.busy = true;
      return own;
    }
    const isFull = this.connections.size >= this.limits.most;
    if (isFull && idle.length === 0) return undefined;
    const pooled = new PooledConnection(key, isFull ? this.close(idle[0]!) : undefined);
    this.connections.add(pooled);
    return pooled;
  }

  private async giveBackWhenQuiet(pooled: PooledConnection): Promise<void> {
    if (await isQuiet(pooled.connection!)) this.giveBack(pooled);
    else if (this.connections.has(pooled)) await this.close(pooled);
  }

  private giveBack(pooled: PooledConnection): void {
    if (!this.connections.has(pooled)) return;
    pooled.busy = false;
    pooled.idleSince = performance.now();
    this.sweeping ??= setTimeout(() => this.sweep(), this.limits.idleMs).unref();
    this.queue.serve((user) => this.grant(user));
  }

  private remove(pooled: PooledConnection): void {
    if (this.connections.delete(pooled)) this.queue.serve((user) => this.grant(user));
  }

  /**
   * Closes the connection and serves waiting calls.
   * @returns a promise that resolves when the connection is closed
   */
  private close(pooled: PooledConnection): Promise<void> {
    this.connections.delete(pooled);
    const closed = closeOpened(pooled);
    this.closing.add(closed);
    void closed.then(() => this.closing.delete(closed));
    if (!this.ended.aborted) queueMicrotask(() => this.queue.serve((user) => this.grant(user)));
    return closed;
  }

  private sweep(): void {
    this.sweeping = undefined;
    const idle = [...this.connections].filter((pooled) => !pooled.busy);
    const since = performance.now() - this.limits.idleMs;
    for (const pooled of idle) if (pooled.idleSince <= since) void this.close(pooled);
    const next = Math.min(...idle.filter((pooled) => this.connections.has(pooled)).map((pooled) => pooled.idleSince));
    if (next < Infinity) this.sweeping = setTimeout(() => this.sweep(), next - since).unref();
  }
}

/** Closes the connection, also if it is still being opened. Never rejects. */
async function closeOpened({ opening }: PooledConnection): Promise<void> {
  const connection = await opening?.catch(() => undefined);
  await connection?.close({ endSession: true });
}
