import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Revocations, type Principal } from '@manifold/auth';
import { UnderWay } from '@manifold/turns';
import { EventStream, type EventStreamOptions } from './event-stream.js';
import { ListChanged } from './list-changed.js';

const TICK_MS = 1_000;
/** A JSON answer that takes longer becomes a stream: proxies close connections on which nothing moves. */
const PATIENCE_MS = 10_000;
const ANSWER_KEEP_ALIVE_MS = 15_000;
const STANDING_KEEP_ALIVE_MS = 25_000;
/** When clients come back to a gateway that has ended: not before, and spread over this time. */
const RETURN_FROM_MS = 500;
const RETURN_WITHIN_MS = 2_500;

/** A POST that has not been answered yet. */
export interface PendingAnswer {
  /** Monotonic milliseconds. */
  readonly since: number;
  becomeStream(): void;
}

/** Every open stream, and the one timer that all of them share. */
@Injectable()
export class EventStreams implements OnModuleInit, OnApplicationShutdown {
  private readonly streams = new Set<EventStream>();
  /** In the order of their start. */
  private readonly pending = new UnderWay<number, PendingAnswer>();
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

  /** Answers a POST with a stream, which ends with its result. */
  openAnswer(reply: FastifyReply): EventStream {
    return this.open(reply, { keepAliveMs: ANSWER_KEEP_ALIVE_MS, onClose: () => undefined });
  }

  /**
   * Opens a stream for messages that answer no request: HTTP+SSE and subscriptions. It ends when the caller's credential does.
   * @param whenClosed called once, however the stream ends
   * @param farewell the last message, where the gateway ends it
   */
  openStanding(reply: FastifyReply, caller: Principal, whenClosed: () => void, farewell?: string): EventStream {
    const onClose = (): void => {
      this.listChanged.forget(stream);
      whenClosed();
    };
    const stream = this.open(reply, { keepAliveMs: STANDING_KEEP_ALIVE_MS, caller, farewell, onClose });
    return stream;
  }

  /** Opens a connection of a stream that may have others after it. It ends when the caller's credential does. */
  openConnection(reply: FastifyReply, caller: Principal, onClose: () => void): EventStream {
    return this.open(reply, { keepAliveMs: STANDING_KEEP_ALIVE_MS, caller, onClose });
  }

  /** @returns by what it can be forgotten */
  watch(answer: PendingAnswer): number {
    this.watched += 1;
    this.pending.set(this.watched, answer);
    return this.watched;
  }

  /** @param watched what {@link watch} returned */
  forget(watched: number): void {
    this.pending.take(watched);
  }

  /** The gateway leaves. Its clients come back one after another, not all at once. */
  endAll(): void {
    for (const stream of this.streams)
      stream.endUntilLater(Math.round(RETURN_FROM_MS + Math.random() * RETURN_WITHIN_MS));
  }

  /**
   * Keep-alives, expired credentials, answers that take long.
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
