import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Principal } from '@manifold/auth';
import { eventId, StreamIds, type StreamPosition } from '../streams/event-id.js';
import { EventLog } from '../streams/event-log.js';
import type { LoggedEvent } from '../streams/event-records.js';
import type { EventStream } from '../streams/event-stream.js';
import { EventStreams } from './event-streams.js';
import { answerEmpty } from '../http/http-answer.js';
import { invalidRequest, JsonRpcError, TRANSPORT_ERROR } from '../json-rpc/json-rpc-error.js';
import type { LegacySession } from './legacy-session.js';
import { ListChanged } from './list-changed.js';
import { replay, ResumableStream } from './resumable-stream.js';

/** Opens and resumes the streams of the legacy era (2025-11-25, "Resumability and redelivery"). */
@Injectable()
export class ResumableStreams {
  /** Response streams that have not ended, by stream id. */
  private readonly answers = new Map<string, ResumableStream>();
  private readonly ids = new StreamIds();

  constructor(
    private readonly streams: EventStreams,
    private readonly log: EventLog,
    private readonly listChanged: ListChanged,
  ) {}

  /** Answers a POST with a stream that ends with the result. The stream continues if the client disconnects. */
  openAnswer(reply: FastifyReply, session: LegacySession): ResumableStream | EventStream {
    // A client that left before the first event has no event id with which it could resume.
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
   * Replays the messages of a response that the client has missed, and continues the stream.
   *
   * If the client has missed nothing and the stream has ended, the answer is 204, and clients stop reconnecting. If another process is
   * still working on the response, the connection ends after the replay, and the client should reconnect later.
   * @throws JsonRpcError 400 if the stream is not known or no longer known, 409 if another request resumes the same stream
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
    if (all.length === 0) throw invalidRequest('The stream of Last-Event-ID is no longer available');
    const isComplete = all.at(-1)?.data === '';
    if (isComplete && missed.length === 0) return answerEmpty(reply, 204);
    const connection = this.streams.openAnswer(reply);
    replay(connection, missed);
    if (isComplete) connection.end();
    else connection.endUntilLater();
  }

  /**
   * Opens the session's stream for messages that belong to no request: a new stream, or the one that the client resumes.
   * @throws JsonRpcError 409 if another request resumes the same stream
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

  /** Returns the session's stream and creates it if necessary. It logs messages from then on, even before the client is connected. */
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

  /** @returns a function that returns the stream's events at the time of its call, in order and without duplicates */
  private async eventsOf(session: LegacySession, stream: string): Promise<() => LoggedEvent[]> {
    // Events may move from memory to the store during the read, so memory is read before and after it.
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

/** Sends an event id before the first message, so that the client can resume. Clients before 2025-11-25 do not know events without data. */
function prime(connection: EventStream, { id }: ResumableStream, { protocolVersion }: LegacySession): void {
  if (protocolVersion === '2025-11-25') connection.prime(eventId(id, 0));
}
