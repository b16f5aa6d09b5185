import type { FastifyReply } from 'fastify';
import { takeOver } from './http-answer.js';

/** Bytes that may wait for a reader. */
const MAX_QUEUED = 1024 * 1024;

export interface EventStreamOptions {
  /** Milliseconds of silence after which a comment keeps proxies from closing the connection. */
  readonly keepAliveMs: number;
  /** Epoch milliseconds at which the stream ends, because its caller's credential does. */
  readonly expiresAt?: number;
  /** The last message of a stream that the gateway ends. */
  readonly farewell?: string;
  /** Called once, however the stream ends. */
  readonly onClose: () => void;
}

/**
 * One server-sent event stream (text/event-stream) to one client.
 *
 * A reader that leaves more than 1 MB waiting is cut off at the next message: what a client does not read must not fill
 * the gateway's memory. The one message that went over the limit is not lost to a reader who is merely slow.
 */
export class EventStream {
  private lastWrite = Date.now();
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

  /** Whether messages can still reach the client, as far as the operating system knows. */
  get isOpen(): boolean {
    return !this.ended && !this.raw.destroyed;
  }

  /** @param data one line: JSON text, or a URL */
  send(data: string, event = 'message'): void {
    this.write(`event: ${event}\ndata: ${data}\n\n`);
  }

  end(): void {
    if (!this.isOpen) return;
    if (this.options.farewell !== undefined) this.send(this.options.farewell);
    this.ended = true;
    this.raw.end();
  }

  /** Called by the shared timer. */
  tick(now: number): void {
    if (this.options.expiresAt !== undefined && this.options.expiresAt <= now) return this.end();
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
    if (this.raw.writableLength > MAX_QUEUED) {
      this.raw.destroy();
      return;
    }
    this.lastWrite = Date.now();
    this.raw.write(text);
  }

  private closed(): void {
    this.ended = true;
    this.options.onClose();
  }
}
