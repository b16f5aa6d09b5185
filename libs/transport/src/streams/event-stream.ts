import type { FastifyReply } from 'fastify';
import type { Principal } from '@manifold/auth';
import { takeOver } from '../http/http-answer.js';

/** Maximum bytes that may wait for a client to read them. */
const MAX_QUEUED = 1024 * 1024;

/** Milliseconds after which a client that has read nothing of the waiting bytes is disconnected. */
const STALLED_MS = 5 * 60_000;

/** Milliseconds that a client should wait before it reconnects. */
const RETRY_MS = 1_000;

/** A message that the client has missed, with the id of its event. */
export interface MissedMessage {
  readonly id: string;
  readonly data: string;
}

export interface EventStreamOptions {
  /** Milliseconds without a message after which the gateway sends a comment, so that proxies keep the connection open. */
  readonly keepAliveMs: number;
  /** Owner of a stream that outlives one request. The stream ends when the owner's credential expires or is revoked. */
  readonly caller?: Principal;
  /** Last message, sent if the gateway ends the stream. */
  readonly farewell?: string;
  /** Called once, however the stream ends. */
  readonly onClose: () => void;
}

/**
 * One server-sent event stream (text/event-stream) to one client.
 *
 * If more than 1 MiB waits for a client, the next message closes the connection, so that unread data cannot fill the gateway's memory.
 * The message that goes over the limit is still queued, so a client that is only slow can read it. Replayed messages do not count.
 * Otherwise a client that has reconnected would be disconnected again before it could read them.
 */
export class EventStream {
  private lastWrite = performance.now();
  /** Replayed bytes that the client has not read yet. */
  private replayed = 0;
  /** Bytes that waited at the last tick. `lastRead` is the last time at which this number fell or was 0. */
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
      // The client disconnected while its request was checked, so no 'close' event will follow.
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

  /** Whether the connection is open, as far as the operating system knows. */
  get isOpen(): boolean {
    return !this.ended && !this.raw.destroyed;
  }

  /**
   * @param data one line: JSON text, or a URL
   * @param id event id; only given if a client can resume the stream after this event
   */
  send(data: string, event = 'message', id?: string): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
  }

  replay(messages: readonly MissedMessage[]): void {
    if (!this.isOpen) return;
    for (const { id, data } of messages) this.raw.write(`id: ${id}\nevent: message\ndata: ${data}\n\n`);
    this.replayed = this.raw.writableLength;
  }

  /** Sends an event without a message: the id with which the client can resume, and the time to wait before it reconnects. */
  prime(id: string): void {
    this.write(`id: ${id}\nretry: ${RETRY_MS}\ndata: \n\n`);
  }

  /** Ends the connection and asks the client to reconnect. @param retryMs milliseconds that the client should wait before it does */
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
   * Closes a stalled or expired stream, or sends a keep-alive. Called by the timer that all streams share.
   * @param now monotonic milliseconds
   * @param date epoch milliseconds
   */
  tick(now: number, date: number): void {
    if (this.isStalled(now)) return void this.raw.destroy();
    const expiresAt = this.caller?.expiresAt;
    if (expiresAt !== undefined && expiresAt <= date) return this.end();
    if (now - this.lastWrite >= this.options.keepAliveMs) this.write(': keep-alive\n\n');
  }

  /** Resolves when the connection is closed. */
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

  /** Also checked after the stream has ended, because an unread response would stay in memory. */
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
