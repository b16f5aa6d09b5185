import { untilAborted } from '@manifold/cancellation';
import type { RawObject } from '@manifold/tool-provider';
import type { UpstreamConnection } from '../upstream/index.js';
import { isQuiet } from './quiet.js';
import { TurnQueue } from './turn-queue.js';

export interface LaneLimits {
  /** Lanes at a time. */
  readonly most: number;
  /** Milliseconds that a lane is kept for its caller's next call. */
  readonly idleMs: number;
}

/** Who may use a lane: nobody else ever does. */
export interface LaneUser {
  readonly key: string;
  /** What the lane declares to the server. */
  readonly capabilities: RawObject;
}

/** @param signal ends the attempt; nothing of it is left when this has rejected */
export type OpenLane = (capabilities: RawObject, signal: AbortSignal) => Promise<UpstreamConnection>;

class Lane {
  opening?: Promise<UpstreamConnection>;
  connection?: UpstreamConnection;
  busy = true;
  idleSince = 0;

  constructor(
    readonly key: string,
    /** Ends before this lane begins: the one that makes room for it. */
    readonly predecessor: Promise<void> | undefined,
  ) {}
}

/**
 * The lanes of one server: connections that belong to one caller each and run one call at a time, so that what the server says
 * without naming a call belongs to that call, on every transport.
 *
 * A caller goes on with the lane that it used last. Where there is no room for another one, the lane that was idle for longest
 * makes room; where none is idle, the call waits for its turn, in the order in which calls came.
 */
export class LanePool {
  private readonly lanes = new Set<Lane>();
  private readonly queue = new TurnQueue<LaneUser, Lane>();
  private readonly closing = new Set<Promise<void>>();
  private sweeping?: NodeJS.Timeout;

  /** @param ended aborts when the server is stopped, before `stop` is called */
  constructor(
    private readonly limits: LaneLimits,
    private readonly openLane: OpenLane,
    private readonly ended: AbortSignal,
  ) {}

  /** @throws ProviderError when the lane cannot be opened; the reason of the signal, or of the end of the server */
  async run<T>(user: LaneUser, signal: AbortSignal, call: (connection: UpstreamConnection) => Promise<T>): Promise<T> {
    const lane = await this.take(user, signal);
    try {
      return await call(lane.connection!);
    } finally {
      if (signal.aborted) void this.giveBackWhenQuiet(lane);
      else this.giveBack(lane);
    }
  }

  /** Resolves when nothing of the lanes runs any more. */
  async stop(): Promise<void> {
    clearTimeout(this.sweeping);
    this.queue.rejectAll(this.ended.reason);
    for (const lane of this.lanes) void this.close(lane);
    await Promise.all(this.closing);
  }

  private async take(user: LaneUser, signal: AbortSignal): Promise<Lane> {
    this.ended.throwIfAborted();
    signal.throwIfAborted();
    const lane = (this.queue.isEmpty ? this.grant(user) : undefined) ?? (await this.queue.wait(user, signal));
    if (lane.connection) return lane;
    try {
      if (lane.predecessor) await untilAborted(lane.predecessor, signal);
      lane.opening = this.openLane(user.capabilities, signal);
      lane.connection = await lane.opening;
      lane.connection.onClosed(() => this.remove(lane));
      this.ended.throwIfAborted();
      return lane;
    } catch (error) {
      void this.close(lane);
      throw error;
    }
  }

  /** @returns a lane that is the caller's from now on, not yet open if it has no connection; undefined: it must wait */
  private grant({ key }: LaneUser): Lane | undefined {
    const idle = [...this.lanes].filter((lane) => !lane.busy).sort((a, b) => a.idleSince - b.idleSince);
    const own = idle.findLast((lane) => lane.key === key);
    if (own) {
      own.busy = true;
      return own;
    }
    const isFull = this.lanes.size >= this.limits.most;
    if (isFull && idle.length === 0) return undefined;
    const lane = new Lane(key, isFull ? this.close(idle[0]!) : undefined);
    this.lanes.add(lane);
    return lane;
  }

  private async giveBackWhenQuiet(lane: Lane): Promise<void> {
    if (await isQuiet(lane.connection!)) this.giveBack(lane);
    else if (this.lanes.has(lane)) await this.close(lane);
  }

  private giveBack(lane: Lane): void {
    if (!this.lanes.has(lane)) return;
    lane.busy = false;
    lane.idleSince = performance.now();
    this.sweeping ??= setTimeout(() => this.sweep(), this.limits.idleMs).unref();
    this.queue.serve((user) => this.grant(user));
  }

  private remove(lane: Lane): void {
    if (this.lanes.delete(lane)) this.queue.serve((user) => this.grant(user));
  }

  /** @returns a promise that resolves when nothing of the lane runs any more */
  private close(lane: Lane): Promise<void> {
    this.lanes.delete(lane);
    const closed = closeOpened(lane);
    this.closing.add(closed);
    void closed.then(() => this.closing.delete(closed));
    if (!this.ended.aborted) queueMicrotask(() => this.queue.serve((user) => this.grant(user)));
    return closed;
  }

  private sweep(): void {
    this.sweeping = undefined;
    const idle = [...this.lanes].filter((lane) => !lane.busy);
    const since = performance.now() - this.limits.idleMs;
    for (const lane of idle) if (lane.idleSince <= since) void this.close(lane);
    const next = Math.min(...idle.filter((lane) => this.lanes.has(lane)).map((lane) => lane.idleSince));
    if (next < Infinity) this.sweeping = setTimeout(() => this.sweep(), next - since).unref();
  }
}

/** Also in the middle of its start. Never rejects. */
async function closeOpened({ opening }: Lane): Promise<void> {
  const connection = await opening?.catch(() => undefined);
  await connection?.close({ endSession: true });
}
