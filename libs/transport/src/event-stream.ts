import type { FastifyReply } from 'fastify';
import type { Principal } from '@manifold/auth';
import { takeOver } from './http-answer.js';

/** Bytes that may wait for a reader. */
const MAX_QUEUED = 1024 * 1024;

/** Milliseconds after which a reader who has not taken a single message of what waits for it is gone. */
const STALLED_MS = 5 * 60_000;

/** Milliseconds that a client should wait before it comes back. */
const RETRY_MS = 1_000;

/** A message that the client has missed, with the id of its event. */
export interface MissedMessage {
  readonly id: string;
  readonly data: string;
}

export interface EventStreamOptions {
  /** Milliseconds of silence after which a comment keeps proxies from closing the connection. */
  readonly keepAliveMs: number;
  /** Whose it is, where it outlives their request: it ends when their credential does. */
  readonly caller?: Principal;
  /** The last message of a stream that the gateway ends. */
  readonly farewell?: string;
  /** Called once, however the stream ends. */
  readonly onClose: () => void;
}

/**
 * One server-sent event stream (text/event-stream) to one client.
 *
 * A reader that leaves more than 1 MB waiting is cut off at the next message: what a client does not read must not fill
 * the gateway's memory. The one message that went over the limit is not lost to a reader who is merely slow, and what it has come
 * back for does not count: else it would be cut off again before it could read that.
 */
export class EventStream {
  private lastWrite = performance.now();
  /** Bytes of the replay that wait for the reader. */
  private replayed = 0;
  /** Bytes that waited when the reader was last seen to have taken some, and when that was. */
  private waiting = 0;
  private lastRead = this.lastWrite;
  private ended = false;
  private readonly raw: FastifyReply['raw'];

  constructor(
    reply: FastifyReply,
    private readonly options: EventStreamOptions,
  ) {
    this.raw = reply.raw;
    const inherited = takeOver(reply);
    if (this.raw.destroyed) {
      // The client left while its request was checked: the event that says so has passed.
      queueMicrotask(() => this.closed());
      return;
    }
    this.raw.once('close', () => this.closed());
    this.raw.writeHead(200, {
      ...inherited,
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.raw.flushHeaders();
  }

  get caller(): Principal | undefined {
    return this.options.caller;
  }

  /** Whether messages can still reach the client, as far as the operating system knows. */
  get isOpen(): boolean {
    return !this.ended && !this.raw.destroyed;
  }

  /**
   * @param data one line: JSON text, or a URL
   * @param id of the event, where a client can come back to it
   */
  send(data: string, event = 'message', id?: string): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
  }

  replay(messages: readonly MissedMessage[]): void {
    if (!this.isOpen) return;
    for (const { id, data } of messages) this.raw.write(`id: ${id}\nevent: message\ndata: ${data}\n\n`);
    this.replayed = this.raw.writableLength;
  }

  /** Sends the id to come back with, and how long to wait before that, without a message. */
  prime(id: string): void {
    this.write(`id: ${id}\nretry: ${RETRY_MS}\ndata: \n\n`);
  }

  /** Ends, for now: there is more to come back for. @param retryMs milliseconds that the client should wait before that */
  endUntilLater(retryMs = RETRY_MS): void {
    this.write(`retry: ${retryMs}\n\n`);
    this.end();
  }

  end(): void {
    if (!this.isOpen) return;
    if (this.options.farewell !== undefined) this.send(this.options.farewell);
    this.ended = true;
    this.raw.end();
  }

  /**
   * Called by the shared timer.
   * @param now monotonic milliseconds
   * @param date epoch milliseconds
   */
  tick(now: number, date: number): void {
    if (this.isStalled(now)) return void this.raw.destroy();
    const expiresAt = this.caller?.expiresAt;
    if (expiresAt !== undefined && expiresAt <= date) return this.end();
    if (now - this.lastWrite >= this.options.keepAliveMs) this.write(': keep-alive\n\n');
  }

  /** Resolves when the connection is gone. */
  whenClosed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.raw.destroyed) resolve();
      else this.raw.once('close', resolve);
    });
  }

  private write(text: string): void {
    if (!this.isOpen) return;
    this.replayed = Math.min(this.replayed, this.raw.writableLength);
    if (this.raw.writableLength - this.replayed > MAX_QUEUED) {
      this.raw.destroy();
      return;
    }
    this.lastWrite = performance.now();
    this.raw.write(text);
  }

  /** Also after the end: an answer that nobody takes would stay in memory. */
  private isStalled(now: number): boolean {
    const { writableLength } = this.raw;
    if (writableLength === 0 || writableLength < this.waiting) this.lastRead = now;
    this.waiting = writableLength;
    return now - this.lastRead > STALLED_MS;
  }

  private closed(): void {
    this.ended = true;
    this.options.onClose();
  }
}
