import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Revocations, type Principal } from '@manifold/auth';
import { InFlightMap } from '@manifold/async';
import { EventStream, type EventStreamOptions } from '../streams/event-stream.js';
import { ListChanged } from './list-changed.js';

const TICK_MS = 1_000;
/** Milliseconds after which a pending response becomes an event stream. Proxies close connections that carry no data. */
const PATIENCE_MS = 10_000;
const ANSWER_KEEP_ALIVE_MS = 15_000;
const STANDING_KEEP_ALIVE_MS = 25_000;
/** Reconnect delay at shutdown: at least the first number of milliseconds, plus a random part of the second. */
const RETURN_FROM_MS = 500;
const RETURN_WITHIN_MS = 2_500;

/** The response to a POST that has not been answered yet. */
export interface PendingAnswer {
  /** Monotonic milliseconds. */
  readonly since: number;
  becomeStream(): void;
}

/** Holds all open streams, and the one timer that they share. */
@Injectable()
export class EventStreams implements OnModuleInit, OnApplicationShutdown {
  private readonly streams = new Set<EventStream>();
  /** Pending responses, in the order in which they started. */
  private readonly pending = new InFlightMap<number, PendingAnswer>();
  private watched = 0;
  private timer?: NodeJS.Timeout;
  private unsubscribe?: () => void;

  constructor(
    private readonly listChanged: ListChanged,
    private readonly revocations: Revocations,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.revocations.onRevoked((isMeant) => this.endThoseOf(isMeant));
    this.timer = setInterval(() => this.tick(performance.now(), Date.now()), TICK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.unsubscribe?.();
  }

  get size(): number {
    return this.streams.size;
  }

  /** Answers a POST with a stream that ends with the result. */
  openAnswer(reply: FastifyReply): EventStream {
    return this.open(reply, { keepAliveMs: ANSWER_KEEP_ALIVE_MS, onClose: () => undefined });
  }

  /**
   * Opens a stream that outlives its request: HTTP+SSE or a subscription. It ends when the caller's credential expires or is revoked.
   * @param whenClosed called once, however the stream ends
   * @param farewell last message, sent if the gateway ends the stream
   */
  openStanding(reply: FastifyReply, caller: Principal, whenClosed: () => void, farewell?: string): EventStream {
    const onClose = (): void => {
      this.listChanged.forget(stream);
      whenClosed();
    };
    const stream = this.open(reply, { keepAliveMs: STANDING_KEEP_ALIVE_MS, caller, farewell, onClose });
    return stream;
  }

  /** Opens one connection of a resumable stream. It ends when the caller's credential expires or is revoked. */
  openConnection(reply: FastifyReply, caller: Principal, onClose: () => void): EventStream {
    return this.open(reply, { keepAliveMs: STANDING_KEEP_ALIVE_MS, caller, onClose });
  }

  /** @returns the number with which {@link forget} removes the response */
  watch(answer: PendingAnswer): number {
    this.watched += 1;
    this.pending.set(this.watched, answer);
    return this.watched;
  }

  /** @param watched what {@link watch} returned */
  forget(watched: number): void {
    this.pending.remove(watched);
  }

  /** Ends all streams when the gateway shuts down. Random delays keep clients from reconnecting all at once. */
  endAll(): void {
    for (const stream of this.streams)
      stream.endUntilLater(Math.round(RETURN_FROM_MS + Math.random() * RETURN_WITHIN_MS));
  }

  /**
   * Sends keep-alives, ends streams with expired credentials, and turns slow responses into streams.
   * @param now monotonic milliseconds
   * @param date epoch milliseconds
   */
  tick(now: number, date: number): void {
    for (const stream of this.streams) stream.tick(now, date);
    for (const answer of this.pending.values()) {
      if (now - answer.since < PATIENCE_MS) return;
      answer.becomeStream();
    }
  }

  private endThoseOf(isMeant: (principal: Principal) => boolean): void {
    for (const stream of this.streams) if (stream.caller && isMeant(stream.caller)) stream.end();
  }

  private open(reply: FastifyReply, options: EventStreamOptions): EventStream {
    const onClose = (): void => {
      this.streams.delete(stream);
      options.onClose();
    };
    const stream = new EventStream(reply, { ...options, onClose });
    this.streams.add(stream);
    return stream;
  }
}
