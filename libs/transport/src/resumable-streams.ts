import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Principal } from '@manifold/auth';
import { eventId, StreamIds, type StreamPosition } from './event-id.js';
import { EventLog } from './event-log.js';
import type { LoggedEvent } from './event-records.js';
import type { EventStream } from './event-stream.js';
import { EventStreams } from './event-streams.js';
import { answerEmpty } from './http-answer.js';
import { invalidRequest, JsonRpcError, TRANSPORT_ERROR } from './json-rpc-error.js';
import type { LegacySession } from './legacy-session.js';
import { ListChanged } from './list-changed.js';
import { replay, ResumableStream } from './resumable-stream.js';

/** The streams of the legacy era, which a client can leave and come back to (2025-11-25, "Resumability and redelivery"). */
@Injectable()
export class ResumableStreams {
  /** The answers that have not ended, by the ids of their streams. */
  private readonly answers = new Map<string, ResumableStream>();
  private readonly ids = new StreamIds();

  constructor(
    private readonly streams: EventStreams,
    private readonly log: EventLog,
    private readonly listChanged: ListChanged,
  ) {}

  /** Answers a POST with a stream that ends with its result. It goes on when the client is gone. */
  openAnswer(reply: FastifyReply, session: LegacySession): ResumableStream | EventStream {
    // Nobody who left before the first event knows what to come back to.
    if (reply.raw.destroyed) return this.streams.openAnswer(reply);
    const onEnd = ({ id }: ResumableStream): void => void this.answers.delete(id);
    const stream = new ResumableStream(this.ids.next('answer'), session, this.log, 0, onEnd);
    this.answers.set(stream.id, stream);
    const connection = this.streams.openAnswer(reply);
    prime(connection, stream, session);
    stream.connect(connection);
    return stream;
  }

  /**
   * Replays what the client has missed of an answer, and goes on with it. 204 where nothing was missed and nothing will come: clients
   * that come back on their own leave it at that. What another process is still working on can be asked for again later.
   * @throws JsonRpcError 400 for a stream that is not known (any more), 409 when another request wants the same
   */
  async resumeAnswer(session: LegacySession, position: StreamPosition, reply: FastifyReply): Promise<void> {
    const live = this.answers.get(position.stream);
    const stream = live?.isOf(session) ? live : undefined;
    const ticket = stream?.reserve() ?? 0;
    const events = await this.eventsOf(session, position.stream);
    if (stream?.isTaken(ticket)) throw taken();
    const all = events();
    const missed = missedOf(all, position);
    if (stream) return stream.connect(this.streams.openAnswer(reply), missed);
    if (all.length === 0) throw invalidRequest('The stream of Last-Event-ID is not known any more');
    const isComplete = all.at(-1)?.data === '';
    if (isComplete && missed.length === 0) return answerEmpty(reply, 204);
    const connection = this.streams.openAnswer(reply);
    replay(connection, missed);
    if (isComplete) connection.end();
    else connection.endUntilLater();
  }

  /**
   * The session's stream for messages that answer no request: a new one, or the one that the client comes back to.
   * @throws JsonRpcError 409 when another request wants the same
   */
  async openStanding(
    session: LegacySession,
    position: StreamPosition | undefined,
    reply: FastifyReply,
    principal: Principal,
  ): Promise<ResumableStream> {
    const stream = this.standing(session, position);
    const ticket = stream.reserve();
    const events = position && (await this.eventsOf(session, stream.id));
    if (stream.isTaken(ticket)) throw taken();
    const missed = events && missedOf(events(), position!);
    const connection = this.streams.openConnection(reply, principal, () => {
      session.lastSeen = Date.now();
      stream.left(session.lastSeen);
    });
    if (!position) prime(connection, stream, session);
    stream.connect(connection, missed);
    return stream;
  }

  /** Messages are logged in it from now on, while the client is being answered. */
  private standing(session: LegacySession, position: StreamPosition | undefined): ResumableStream {
    if (position && session.stream?.id === position.stream) return session.stream;
    session.stream?.end();
    const onEnd = (stream: ResumableStream): void => {
      this.listChanged.forget(stream);
      if (session.stream === stream) session.stream = undefined;
    };
    const id = position?.stream ?? this.ids.next('standing');
    session.stream = new ResumableStream(id, session, this.log, position?.number ?? 0, onEnd);
    return session.stream;
  }

  /** @returns what there is of the stream, in order and each event once, at the moment when it is called */
  private async eventsOf(session: LegacySession, stream: string): Promise<() => LoggedEvent[]> {
    // Events move from memory to the store meanwhile: those that were there before are looked at first.
    const before = this.log.inMemory(session, stream);
    const stored = await this.log.inStore(session, stream);
    return () => {
      const all = [...stored, ...before, ...this.log.inMemory(session, stream)];
      return [...new Map(all.map((event) => [event.number, event])).values()].sort((a, b) => a.number - b.number);
    };
  }
}

const missedOf = (all: readonly LoggedEvent[], { number: last }: StreamPosition): LoggedEvent[] =>
  all.filter(({ number, data }) => number > last && data !== '');

const taken = (): JsonRpcError => new JsonRpcError(TRANSPORT_ERROR, 'Another request has resumed this stream', 409);

/** Gives the client an id to come back with before there is a message; clients of earlier revisions do not know events without data. */
function prime(connection: EventStream, { id }: ResumableStream, { protocolVersion }: LegacySession): void {
  if (protocolVersion === '2025-11-25') connection.prime(eventId(id, 0));
}
